import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanSegment } from '#services/ingress/spool/scan.ts';
import { anyRecord, encode, segmentOf } from './records.ts';

const BOUNDS = { firstSeq: 10, limitSeq: 1000 };
const records = fc.array(anyRecord, { minLength: 3, maxLength: 8 });

describe('a segment', () => {
  it('is read to its last record, whatever its room holds', () => {
    const property = fc.property(records, fc.uint8Array({ maxLength: 100 }), (list, noise) => {
      const whole = segmentOf(list, 10, 0);
      const scan = scanSegment(Buffer.concat([whole, noise]), BOUNDS);
      expect(scan.found.map(({ stored }) => stored.record)).toEqual(list);
      expect(scan).toMatchObject({ damage: [], end: whole.length, nextSeq: 10 + list.length });
    });
    fc.assert(property);
  });

  it('that is cut anywhere keeps every record before the cut', () => {
    const property = fc.property(records, (list) => {
      const ends = list.map((_, i) => segmentOf(list.slice(0, i + 1), 10, 0).length);
      const whole = segmentOf(list, 10, 0);
      for (let cut = 0; cut < whole.length; cut += 1) {
        const scan = scanSegment(whole.subarray(0, cut), BOUNDS);
        const kept = ends.filter((end) => end <= cut);
        expect(scan.found.map(({ end }) => end)).toEqual(kept);
        expect(scan.damage).toEqual([]);
        // Torn is what begins like a record and is none; a head that is cut itself cannot be told.
        expect(scan.isTorn).toBe(cut - (kept.at(-1) ?? 0) >= 32);
      }
    });
    fc.assert(property, { numRuns: 10 });
  });

  it('with damage in its middle keeps what lies before and behind, and counts what does not', () => {
    const property = fc.property(records, fc.nat(), fc.nat(), (list, place, width) => {
      const lost = 1 + (place % (list.length - 2));
      const count = 1 + (width % (list.length - 1 - lost));
      const start = segmentOf(list.slice(0, lost), 10, 0).length;
      const end = segmentOf(list.slice(0, lost + count), 10, 0).length;
      const bytes = segmentOf(list, 10).fill(0x55, start, end);
      const scan = scanSegment(bytes, BOUNDS);
      const kept = [...list.slice(0, lost), ...list.slice(lost + count)];
      expect(scan.found.map(({ stored }) => stored.record)).toEqual(kept);
      expect(scan.damage).toEqual([{ start, end, records: count }]);
      expect(scan.isTorn).toBe(false);
    });
    fc.assert(property);
  });

  it('does not find again what an earlier use of its file left', () => {
    const property = fc.property(records, records, (earlier, list) => {
      const whole = segmentOf(list, 10, 0);
      const bytes = segmentOf([...earlier, ...earlier, ...earlier].slice(0, 9), 1);
      const used = Buffer.concat([whole, bytes.subarray(Math.min(whole.length, bytes.length))]);
      const scan = scanSegment(used, BOUNDS);
      expect(scan.found.map(({ stored }) => stored.record)).toEqual(list);
      expect(scan).toMatchObject({ damage: [], end: whole.length, isTorn: false });
    });
    fc.assert(property);
  });

  it('has no record of the segment behind it', () => {
    const record = { stream: 'events', subject: 's', key: 'k', headers: [], body: Buffer.alloc(0) } as const;
    const bytes = Buffer.concat([encode(record, 10), encode(record, 20)]);
    expect(scanSegment(bytes, { firstSeq: 10, limitSeq: 20 }).found).toHaveLength(1);
    expect(scanSegment(bytes, { firstSeq: 10, limitSeq: 21 }).found).toHaveLength(2);
  });

  it('can be any bytes', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => {
      const { found, end } = scanSegment(Buffer.from(noise), BOUNDS);
      expect({ found, end }).toEqual({ found: [], end: 0 });
    });
    fc.assert(property);
  });
});
