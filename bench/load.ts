import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import notification from './notification.json' with { type: 'json' };

/** Where each notification has an id of its own. */
export const ID = '00000000-0000-4000-8000-000000000000';
const CONVERSATIONS = 64;

export const conversationId = (conversation: number): string => String(215_470_000_000 + conversation);

/**
 * The body for one conversation, 2.7 KB: a customer's reply with the fields of real ones, in the order of real ones, so
 * that the id comes behind the item. Kept as a file, for the figures of two versions to be comparable.
 */
export const bodyOf = (conversation: number): string =>
  JSON.stringify(notification)
    .replaceAll('CONVERSATION', conversationId(conversation))
    .replaceAll('CONTACT', String(conversation).padStart(24, '6'));

export const BODIES: readonly string[] = Array.from({ length: CONVERSATIONS }, (_, i) => bodyOf(i));

export interface Load {
  readonly url: string;
  /** To sign with in turn. */
  readonly secrets: readonly string[];
  readonly connections: number;
  /** null = the next request when the last one is answered. */
  readonly ratePerSecond: number | null;
  readonly seconds: number;
}

const Result = z.object({
  seconds: z.number(),
  /** By status. */
  answers: z.record(z.string(), z.int()),
  failed: z.int(),
  firstFailure: z.string(),
  latencyMs: z.object({ p50: z.number(), p99: z.number(), p999: z.number(), max: z.number() }),
});
export type LoadResult = z.output<typeof Result>;

/**
 * Runs the loader once. Every request has an id that no other has.
 * @throws Error when it cannot run, or anything but `status` came back
 */
export async function sendLoad(loader: string, load: Load, expected: Expected): Promise<LoadResult> {
  const settings = {
    url: load.url,
    secrets: load.secrets.join(','),
    id: ID,
    connections: load.connections,
    rate: load.ratePerSecond ?? 0,
    duration: `${load.seconds}s`,
  };
  const args = Object.entries(settings).map(([name, value]) => `-${name}=${value}`);
  const child = spawn(loader, args, { stdio: ['pipe', 'pipe', 'inherit'], signal: expected.signal });
  // It says why it cannot run, on stderr, and then reads nothing.
  child.stdin.on('error', () => undefined);
  child.stdin.end(BODIES.map((body) => `${body}\n`).join(''));
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  const result = Result.parse(JSON.parse(printed));
  const others = Object.keys(result.answers).filter((status) => status !== String(expected.status));
  if (others.length > 0 || result.failed > 0) throw new Error(`${load.url} did not answer all: ${printed.trim()}`);
  return result;
}

export interface Expected {
  readonly status: 200 | 401;
  readonly signal: AbortSignal;
}
