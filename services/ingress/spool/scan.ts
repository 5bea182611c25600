import { claimedSeq, findMagic, readRecord, type StoredRecord } from './record.ts';

export interface Found {
  readonly stored: StoredRecord;
  readonly offset: number;
  readonly end: number;
}

/** Bytes between records that are none, or none that we can read. */
export interface Damage {
  readonly start: number;
  readonly end: number;
  /** How many records lay there, as far as the sequences around it tell. */
  readonly records: number;
}

export interface Scan {
  readonly found: readonly Found[];
  readonly damage: readonly Damage[];
  /** Behind the last record: where the next may be written. */
  readonly end: number;
  /** Above every sequence of the segment. */
  readonly nextSeq: number;
  /** Whether a record begins at the end that is not whole. */
  readonly isTorn: boolean;
}

/** The sequences that a segment can hold: of its name, and below the name of the one behind it. */
export interface Bounds {
  readonly firstSeq: number;
  readonly limitSeq: number;
}

/**
 * Reads a segment from its beginning.
 *
 *     records … | damage | records … | end: torn record, zeros, or what an earlier use of the file left
 *
 * Damage is followed by a record of this segment; where none follows, it is the end: the process was stopped in the
 * middle of a write of which nothing had been confirmed. What an earlier use left has sequences below the segment's.
 */
export function scanSegment(bytes: Buffer, { firstSeq, limitSeq }: Bounds): Scan {
  const found: Found[] = [];
  const damage: Damage[] = [];
  let offset = 0;
  let nextSeq = firstSeq;
  for (;;) {
    const reading = readRecord(bytes, offset);
    switch (reading.kind) {
      case 'record':
        if (!isWithin(reading.stored.seq, nextSeq, limitSeq)) break;
        found.push({ stored: reading.stored, offset, end: reading.end });
        nextSeq = reading.stored.seq + 1;
        offset = reading.end;
        continue;
      case 'foreign':
        if (!isWithin(reading.seq, nextSeq, limitSeq)) break;
        damage.push({ start: offset, end: reading.end, records: 1 });
        nextSeq = reading.seq + 1;
        offset = reading.end;
        continue;
      case 'invalid':
        break;
    }
    const following = findRecord(bytes, offset + 1, { firstSeq: nextSeq, limitSeq });
    if (following === null) break;
    damage.push({ start: offset, end: following.offset, records: Math.max(1, following.seq - nextSeq) });
    offset = following.offset;
  }
  const tornSeq = claimedSeq(bytes, offset);
  return { found, damage, end: offset, nextSeq, isTorn: tornSeq !== null && tornSeq >= nextSeq };
}

const isWithin = (seq: number, firstSeq: number, limitSeq: number): boolean => seq >= firstSeq && seq < limitSeq;

function findRecord(bytes: Buffer, from: number, bounds: Bounds): { offset: number; seq: number } | null {
  for (let offset = findMagic(bytes, from); offset !== -1; offset = findMagic(bytes, offset + 1)) {
    const seq = claimedSeq(bytes, offset);
    // The cheap question first: a file that was used before is full of whole records of long ago.
    if (seq === null || !isWithin(seq, bounds.firstSeq, bounds.limitSeq)) continue;
    if (readRecord(bytes, offset).kind !== 'invalid') return { offset, seq };
  }
  return null;
}
