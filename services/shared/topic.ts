import { createHash } from 'node:crypto';

/**
 * A topic as it stands in a subject. Intercom's dots stay separators; every other character outside `[A-Za-z0-9_-]` is
 * written as its UTF-8 bytes in `%XX`, an empty token as a lone `%`, so that no topic can change its place in the
 * subject or act as a wildcard. Longer than 200 characters: cut, then `~` and 64 bits of a hash of the whole topic
 * (183 + 1 + 16 = 200). Half a surrogate pair has no UTF-8, so the hash tells such topics apart as well. All others can
 * be read back; the envelope keeps the topic itself in any case.
 */
export function encodeTopic(topic: string): string {
  if (PLAIN.test(topic)) return topic;
  const encoded = topic
    .split('.')
    .map((token) => (token === '' ? '%' : token.replaceAll(UNSAFE, percent)))
    .join('.');
  if (encoded.length <= MAX_LENGTH && topic.isWellFormed()) return encoded;
  const hash = createHash('sha256').update(topic, 'utf16le').digest('hex').slice(0, 16);
  return `${encoded.slice(0, MAX_LENGTH - 17)}~${hash}`;
}

/** The topic that {@link encodeTopic} was given, or null where a hash stands for a part of it. */
export function decodeTopic(encoded: string): string | null {
  if (encoded.includes('~')) return null;
  return encoded
    .split('.')
    .map((token) => (token === '%' ? '' : decodeURIComponent(token)))
    .join('.');
}

const MAX_LENGTH = 200;
/** What nearly every topic looks like; the bound keeps the cut out of this path. */
const PLAIN = /^(?=.{1,200}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const UNSAFE = /[^A-Za-z0-9_-]+/g;

const percent = (text: string): string =>
  Buffer.from(text, 'utf8')
    .toString('hex')
    .toUpperCase()
    .replaceAll(/../g, (byte) => `%${byte}`);
