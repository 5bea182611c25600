import { type Delivery, isSuccess } from './delivery.ts';

/** Of the text that a dead letter keeps. */
const MAX_LENGTH = 512;
/** What is looked at: masks may be shorter than what they stand for. */
const MAX_READ = 4_096;

/**
 * The beginning of what the handler said when it did not take a notification, for a person to read in a list of dead
 * letters; empty where it said nothing. At most 512 characters on one line. The dead letter itself holds the whole
 * notification: this is shown and passed on more readily, so whatever looks like an address, a number or a secret is
 * masked. Names and free text cannot be told and stay.
 */
export function lastAnswer(delivery: Delivery): string {
  if (delivery.kind !== 'answered' || delivery.answer === null || isSuccess(delivery.status)) return '';
  return redact(delivery.answer.body.toString('utf8'));
}

/** Masks in order: a secret may hold digits, and an address may hold a secret. Linear: every repetition is bounded or simple. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[^\s@<>(),;:"]{0,64}(?:@|%40|&#0{0,5}64;|&#x0{0,5}40;)[^\s@<>(),;:"]{1,255}/giu, '[e-mail]'],
  [/\b(bearer|basic)\s+[^\s"',;]{4,}/gi, '$1 [secret]'],
  [
    /\b([\w-]{0,32}(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|credential|cookie|authorization|signature|sig)s?)["']?\s{0,3}[:=]\s{0,3}(?:\{[^}]{0,200}|"[^"]{0,200}|'[^']{0,200}|(?!(?:bearer|basic)\b)[^\s"',;&]{1,200}(?: [^\s"',;&]{1,200})?)/gi,
    '$1=[secret]',
  ],
  // Base64, by its length and all three kinds of characters: shorter ones cannot be told from a path.
  [
    /(?<![\w+=/-])(?=[a-z\d_+=/-]{0,99}[A-Z])(?=[A-Z\d_+=/-]{0,99}[a-z])(?=[A-Za-z_+=/-]{0,99}\d)[\w+=/-]{40,}/g,
    '[secret]',
  ],
  // Runs with a digit: keys, ids in hexadecimal, each part of a JWT.
  [/(?<![\w+=-])(?=[A-Za-z_+=-]{0,99}\d)[\w+=-]{20,}/g, '[secret]'],
  // Phone numbers, cards, accounts, but also dates and addresses of machines: seven digits with little between them.
  [/\+?\p{Nd}(?:[\s().,/\u2010-\u2015-]{0,3}\p{Nd}){6,}/gu, '[number]'],
];

function redact(text: string): string {
  const read = text.slice(0, MAX_READ);
  // What was cut in two would not be known for what it is.
  const whole = text.length > MAX_READ ? read.replace(/[^\s]*$/u, '') : read;
  const plain = whole
    .toWellFormed()
    .replaceAll(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const masked = MASKS.reduce((current, [pattern, mask]) => current.replaceAll(pattern, mask), plain);
  return masked.slice(0, MAX_LENGTH).toWellFormed();
}
