import { KeyCounts } from './key-counts.ts';
import type { Segment } from './segment.ts';
import type { IndexEntry } from './segment-index.ts';
import type { SequenceSet } from './sequence-set.ts';

/** Records that lie close together in one segment. */
export interface Batch {
  readonly segment: Segment;
  readonly entries: readonly IndexEntry[];
}

export interface BatchLimits {
  /** Only what comes behind it. */
  readonly afterSeq: number;
  readonly maxRecords: number;
  /** From the beginning of the first to the end of the last; one record is always allowed. */
  readonly maxBytes: number;
}

/** What is held and what is gone, in memory. Which is written down where is the business of others. */
export class Holdings {
  /** Oldest first. Their sequences ascend and do not overlap. */
  readonly segments: Segment[] = [];
  /** Every sequence that ever was and is not held: removed, damaged, or never confirmed. */
  readonly removed: SequenceSet;
  readonly keys = new KeyCounts();
  #records = 0;
  #bytes = 0;

  constructor(removed: SequenceSet) {
    this.removed = removed;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The record is in the segment, and its key is counted already. */
  add(segment: Segment, entry: IndexEntry): void {
    segment.index.add(entry);
    segment.held += 1;
    this.#records += 1;
    this.#bytes += entry.end - entry.offset;
  }

  /** @returns its segment, or null where it is not held */
  remove(seq: number): Segment | null {
    const segment = this.segments.findLast(({ index }) => index.firstSeq <= seq);
    const entry = segment?.index.find(seq);
    if (segment === undefined || entry === undefined || entry === null || this.removed.has(seq)) return null;
    this.removed.add(seq);
    this.keys.remove(entry.slot);
    segment.held -= 1;
    this.#records -= 1;
    this.#bytes -= entry.end - entry.offset;
    return segment;
  }

  drop(segment: Segment): void {
    this.segments.splice(this.segments.indexOf(segment), 1);
  }

  /** Those at the beginning that were appended before then, in order. */
  appendedBefore(atMs: number): number[] {
    const found: number[] = [];
    for (;;) {
      const batch = this.batch({ afterSeq: found.at(-1) ?? 0, maxRecords: 1_000, maxBytes: Number.POSITIVE_INFINITY });
      const entries = batch?.entries ?? [];
      const younger = entries.findIndex(({ appendedAtMs }) => appendedAtMs >= atMs);
      for (const { seq } of younger === -1 ? entries : entries.slice(0, younger)) found.push(seq);
      if (younger !== -1 || entries.length === 0) return found;
    }
  }

  /** When the oldest that is held was appended; null where nothing is held. */
  get oldestAtMs(): number | null {
    return this.batch({ afterSeq: 0, maxRecords: 1, maxBytes: 0 })?.entries[0]?.appendedAtMs ?? null;
  }

  /** The first records that are held, in order; null for none. */
  batch({ afterSeq, maxRecords, maxBytes }: BatchLimits): Batch | null {
    for (const segment of this.segments) {
      const { firstSeq, nextSeq } = segment.index;
      if (segment.held === 0 || nextSeq <= afterSeq + 1) continue;
      const entries: IndexEntry[] = [];
      let seq = this.removed.firstMissing(Math.max(afterSeq + 1, firstSeq));
      for (; seq < nextSeq && entries.length < maxRecords; seq = this.removed.firstMissing(seq + 1)) {
        const entry = segment.index.find(seq);
        if (entry === null) continue;
        const start = entries[0]?.offset ?? entry.offset;
        if (entries.length > 0 && entry.end - start > maxBytes) break;
        entries.push(entry);
      }
      if (entries.length > 0) return { segment, entries };
    }
    return null;
  }
}
