import * as fc from 'fast-check';
import { prepareRecord, type SpoolRecord, writeRecord } from '#services/ingress/spool/record.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });

/** Any record at all. */
export const anyRecord: fc.Arbitrary<SpoolRecord> = fc.record({
  stream: fc.constantFrom('events', 'dead-letters'),
  subject: text,
  key: text,
  headers: fc.array(fc.tuple(text, text), { maxLength: 5 }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

export function encode(record: SpoolRecord, seq: number, appendedAtMs = 1_700_000_000_000): Buffer {
  const prepared = prepareRecord(record);
  const bytes = Buffer.alloc(prepared.byteLength);
  writeRecord(bytes, prepared, { seq, appendedAtMs, offset: 0 });
  return bytes;
}

/** A segment of these records, `firstSeq` and on, with room behind them. */
export const segmentOf = (records: readonly SpoolRecord[], firstSeq: number, roomBytes = 256): Buffer =>
  Buffer.concat([...records.map((record, i) => encode(record, firstSeq + i)), Buffer.alloc(roomBytes)]);
