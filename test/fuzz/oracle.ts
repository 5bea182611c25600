import { createHmac } from 'node:crypto';
import { PLANTED } from '#test/integration/ingress/bad-input/row.ts';
import { SECRET } from '#test/integration/ingress/setup.ts';
import type { Shot } from './shots.ts';
import type { Seen } from './target.ts';

/** Whatever is sent. 410 unsubscribes, 429 delays, 5xx is ours alone. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 401, 404, 405, 408, 413, 431]);

/** @returns what is wrong with the answers to one shot, in words */
export function faultsOf({ bytes, expects }: Shot, { statuses }: Seen): string[] {
  const shown = `${statuses.join(', ') || 'no answer'} to ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`;
  const faults = statuses.filter((status) => !ALLOWED.has(status)).map((status) => `status ${status}: ${shown}`);
  const expected = { accepted: '200', refused: '401', anything: null }[expects];
  if (expected !== null && statuses.join() !== expected) faults.push(`not ${expects}: ${shown}`);
  return faults;
}

/**
 * What was stored is what somebody sent together with its signature. Computed from the stored bytes alone: however they
 * were framed, the signature stands in what was written.
 */
export function unsigned(stored: readonly Buffer[], sent: readonly Buffer[]): string[] {
  return stored
    .map((data) => `sha1=${createHmac('sha1', SECRET).update(data).digest('hex')}`)
    .filter((signature) => !sent.some((bytes) => bytes.includes(signature)))
    .map((signature) => `stored without its signature ${signature}`);
}

/** Neither what was sent nor what signs it, whole or in part, is in the log. */
export function leaks(log: string): string[] {
  const hex = /[0-9a-f]{20}/i.exec(log)?.[0];
  return [
    ...[PLANTED.slice(0, 10), SECRET].filter((text) => log.includes(text)),
    ...(hex === undefined ? [] : [hex]),
  ].map((text) => `in the log: ${text}`);
}
