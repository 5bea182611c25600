import * as z from 'zod';
import { readReason, readSubject } from './entry.ts';
import { compileFilter, type Filter, filterSubject } from './selection.ts';
import type { DeadLetterStream } from './stream.ts';

const Group = z.object({
  handler: z.string(),
  reason: z.string(),
  count: z.int().positive(),
  /** When the first and the last of them became dead letters, RFC 3339. */
  oldestAt: z.iso.datetime(),
  newestAt: z.iso.datetime(),
});

export const DeadLetterCounts = z.object({ total: z.int().nonnegative(), groups: z.array(Group) });
export type DeadLetterCounts = z.output<typeof DeadLetterCounts>;

/** Handlers and reasons are few; should there be others, by somebody else's hand, they are counted as one. */
const MAX_GROUPS = 1_000;

/** Counts a webhook's dead letters by handler and reason, the most first. Looks at the headers of each: 100 000 take seconds. */
export async function countDeadLetters(
  stream: DeadLetterStream,
  { webhook, filter, through, signal }: { webhook: string; filter: Filter; through: number; signal: AbortSignal },
): Promise<DeadLetterCounts> {
  const isMeant = compileFilter(filter);
  const tallies = new Map<string, Tally>();
  let total = 0;
  for await (const letter of stream.heads({ subject: filterSubject(webhook, filter), from: 1, through }, signal)) {
    if (!isMeant(letter)) continue;
    total += 1;
    const { storedAtMs: atMs } = letter;
    const own = { handler: readSubject(letter.subject).handler, reason: readReason(letter) };
    const group = tallies.has(keyOf(own)) || tallies.size < MAX_GROUPS ? own : OTHERS;
    const tally = tallies.get(keyOf(group)) ?? { ...group, count: 0, oldestMs: atMs, newestMs: atMs };
    tallies.set(keyOf(group), { ...tally, count: tally.count + 1, newestMs: atMs });
  }
  const groups = Array.from(tallies.values(), ({ oldestMs, newestMs, ...group }) => ({
    ...group,
    oldestAt: new Date(oldestMs).toISOString(),
    newestAt: new Date(newestMs).toISOString(),
  }));
  return { total, groups: groups.toSorted((a, b) => b.count - a.count || a.handler.localeCompare(b.handler)) };
}

interface Tally {
  readonly handler: string;
  readonly reason: string;
  readonly count: number;
  readonly oldestMs: number;
  readonly newestMs: number;
}

const OTHERS = { handler: '…', reason: '…' };
const keyOf = ({ handler, reason }: Pick<Tally, 'handler' | 'reason'>): string => `${handler} ${reason}`;
