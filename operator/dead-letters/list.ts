import { type DeadLetterEntry, type Letter, readEntry } from './entry.ts';
import { compileFilter, type Filter, filterSubject } from './selection.ts';
import type { DeadLetterStream } from './stream.ts';

export interface Page {
  readonly items: readonly DeadLetterEntry[];
  /** The `cursor` of the next page; null where there is none. */
  readonly next: number | null;
}

export interface PageRequest {
  readonly webhook: string;
  readonly filter: Filter;
  /** Of letters on the page. One that had to pass over many others may hold fewer, and still have a next one. */
  readonly limit: number;
  /** Sequences to look at, both included. */
  readonly from: number;
  readonly through: number;
  /** When so many letters have been looked at, the page ends (backward: with its window); 20 000 where nothing is said. */
  readonly maxLookedAt?: number;
  readonly signal: AbortSignal;
}

/** Half a second's work. */
const MAX_LOOKED_AT = 20_000;

/** Letters from `from` on, oldest first. The next page begins at its cursor. */
export async function pageForward(stream: DeadLetterStream, request: PageRequest): Promise<Page> {
  const { webhook, filter, limit, from, through, maxLookedAt = MAX_LOOKED_AT, signal } = request;
  const isMeant = compileFilter(filter);
  const items: DeadLetterEntry[] = [];
  let lookedAt = 0;
  for await (const letter of stream.heads({ subject: filterSubject(webhook, filter), from, through }, signal)) {
    lookedAt += 1;
    if (isMeant(letter)) items.push(readEntry(letter));
    if (items.length === limit || lookedAt === maxLookedAt) {
      return { items, next: letter.sequence < through ? letter.sequence + 1 : null };
    }
  }
  return { items, next: null };
}

/** Sequences of the first window; the next is twice as wide, up to {@link MAX_WINDOW}. */
const FIRST_WINDOW = 256;
const MAX_WINDOW = 16_384;

/**
 * Letters from `through` back, newest first. The next page begins below its cursor. JetStream reads forward only, so
 * windows of sequences are read, each below the one before, and of each the newest are kept.
 */
export async function pageBackward(stream: DeadLetterStream, request: PageRequest): Promise<Page> {
  const { webhook, filter, limit, from, maxLookedAt = MAX_LOOKED_AT, signal } = request;
  const isMeant = compileFilter(filter);
  const subject = filterSubject(webhook, filter);
  const items: DeadLetterEntry[] = [];
  let lookedAt = 0;
  let through = request.through;
  for (let width = FIRST_WINDOW; through >= from; width = Math.min(2 * width, MAX_WINDOW)) {
    const low = Math.max(from, through - width + 1);
    const newest: Letter[] = [];
    let isCut = false;
    for await (const letter of stream.heads({ subject, from: low, through }, signal)) {
      lookedAt += 1;
      if (!isMeant(letter)) continue;
      newest.push(letter);
      if (newest.length > limit - items.length) isCut = newest.shift() !== undefined;
    }
    items.push(...newest.toReversed().map(readEntry));
    const oldest = items.at(-1);
    if (items.length === limit && oldest !== undefined) {
      const isLast = !isCut && low === from;
      return { items, next: isLast ? null : oldest.sequence };
    }
    through = low - 1;
    if (lookedAt >= maxLookedAt) return { items, next: through < from ? null : low };
  }
  return { items, next: null };
}
