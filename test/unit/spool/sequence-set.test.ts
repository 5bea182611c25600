import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Range, SequenceSet } from '#services/ingress/spool/sequence-set.ts';

const range = fc.tuple(fc.nat(60), fc.integer({ min: -2, max: 8 })).map(([from, more]): Range => [from, from + more]);

it('holds what was added, as few ranges, whatever the order', () => {
  const property = fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
    const set = new SequenceSet(ranges);
    const expected = new Set<number>();
    for (const [from, to] of ranges) for (let seq = from; seq <= to; seq += 1) expected.add(seq);
    for (let seq = 0; seq < 75; seq += 1) {
      expect(set.has(seq)).toBe(expected.has(seq));
      let missing = seq;
      while (expected.has(missing)) missing += 1;
      expect(set.firstMissing(seq)).toBe(missing);
    }
    expect(set.last).toBe(Math.max(0, ...expected));
    for (const [i, [from, to]] of set.ranges.entries()) {
      expect(from).toBeLessThanOrEqual(to);
      expect(from).toBeGreaterThan((set.ranges[i - 1]?.[1] ?? -2) + 1);
    }
  });
  fc.assert(property, { numRuns: 500 });
});

it('needs one range for what goes in order', () => {
  const set = new SequenceSet();
  for (let seq = 1; seq <= 1000; seq += 1) set.add(seq);
  expect(set.ranges).toEqual([[1, 1000]]);
});
