import type { OnSpoolEvent } from './event.ts';
import { Holdings } from './holdings.ts';
import { slotOf } from './key-counts.ts';
import { HEAD_BYTES } from './record.ts';
import { type Scan, scanSegment } from './scan.ts';
import { Segment } from './segment.ts';
import type { SegmentFile } from './segment-files.ts';
import { SegmentIndex } from './segment-index.ts';
import { type Range, SequenceSet } from './sequence-set.ts';
import { setAside } from './set-aside.ts';

/** What a start found of the runs before. */
export interface FoundAtOpen {
  /** Held: not known to be removed. */
  readonly records: number;
  readonly bytes: number;
  /** How many segments ended in an unfinished record. */
  readonly tornTails: number;
  /** How many records could not be read, and the bytes in which they lay; at each start, until their segment is gone. */
  readonly damagedRecords: number;
  readonly damagedBytes: number;
}

export interface Recovered {
  readonly holdings: Holdings;
  /** The segment that can be gone on with. */
  readonly active: Segment | null;
  readonly nextSeq: number;
  readonly found: FoundAtOpen;
}

export interface RecoverOptions {
  readonly folder: string;
  /** Oldest first. */
  readonly files: readonly SegmentFile[];
  readonly removed: readonly Range[];
  /** The first that may be used, if nothing that is found is above it. */
  readonly nextSeq: number;
  readonly onEvent: OnSpoolEvent;
}

/**
 * Reads all segments, one at a time.
 * @throws Error of the file system
 */
export async function recover({ folder, files, removed, onEvent, ...least }: RecoverOptions): Promise<Recovered> {
  const holdings = new Holdings(new SequenceSet(removed));
  const tally = { tornTails: 0, damagedRecords: 0, damagedBytes: 0 };
  let nextSeq = 1;
  let active: Segment | null = null;
  try {
    for (const [i, file] of files.entries()) {
      const segment = await Segment.open(file, new SegmentIndex(file.firstSeq));
      holdings.segments.push(segment);
      const bytes = await segment.read(0, file.byteLength);
      const scan = scanSegment(bytes, { firstSeq: file.firstSeq, limitSeq: limitOf(file, files[i + 1]) });
      for (const { start, end, records } of scan.damage) {
        const place = { segment: file.path, offset: start };
        const kept = await setAside(folder, file.path, start, bytes.subarray(start, end));
        onEvent({ kind: 'set-aside', ...place, bytes: end - start, records, file: kept });
        tally.damagedRecords += records;
        tally.damagedBytes += end - start;
      }
      if (scan.isTorn) {
        tally.tornTails += 1;
        onEvent({ kind: 'torn-tail', segment: file.path, offset: scan.end });
      }
      nextSeq = hold(holdings, segment, { scan, fromSeq: nextSeq });
      // Synced: what a process wrote that was killed before its sync is said to be held from here on.
      await segment.clear(scan.end, scan.isTorn ? scan.end + HEAD_BYTES : scan.end);
      active = scan.end === segment.index.end ? segment : null;
    }
  } catch (error) {
    for (const segment of holdings.segments) await segment.close();
    throw error;
  }
  // A checkpoint may know of more than a disk after a loss of power. What it calls removed must never be used again.
  const lastSeq = Math.max(nextSeq - 1, least.nextSeq - 1, holdings.removed.last);
  holdings.removed.addRange([nextSeq, lastSeq]);
  for (const segment of holdings.segments)
    segment.isSealed = segment !== active || segment.index.nextSeq !== lastSeq + 1;
  const found = { records: holdings.records, bytes: holdings.bytes, ...tally };
  return { holdings, active: active?.isSealed === false ? active : null, nextSeq: lastSeq + 1, found };
}

/** Below the next segment's, and no more than have room. */
const limitOf = ({ firstSeq, byteLength }: SegmentFile, following: SegmentFile | undefined): number =>
  Math.min(firstSeq + Math.floor(byteLength / HEAD_BYTES), following?.firstSeq ?? Number.POSITIVE_INFINITY);

/** @returns the sequence behind the last; every other one from `fromSeq` to there is noted as gone */
function hold(holdings: Holdings, segment: Segment, { scan, fromSeq }: { scan: Scan; fromSeq: number }): number {
  let missingFrom = fromSeq;
  for (const { stored, offset, end } of scan.found) {
    const { seq, appendedAtMs, record } = stored;
    holdings.removed.addRange([missingFrom, seq - 1]);
    missingFrom = seq + 1;
    const entry = { seq, offset, end, slot: slotOf(record.key), appendedAtMs };
    if (holdings.removed.has(seq)) {
      segment.index.add(entry);
    } else {
      holdings.keys.add(entry.slot);
      holdings.add(segment, entry);
    }
  }
  holdings.removed.addRange([missingFrom, scan.nextSeq - 1]);
  return scan.nextSeq;
}
