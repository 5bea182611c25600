import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '#operator/backoff.ts';

const RANGE = { minMs: 5, maxMs: 60_000 };

it('doubles from the least to the most', () => {
  const full = [1, 2, 3, 4, 14, 15, 16, 10_000].map((failures) => Math.round(backoffMs(RANGE, failures, 0.999_999_9)));
  expect(full).toEqual([5, 10, 20, 40, 40_960, 60_000, 60_000, 60_000]);
});

it('waits for nothing before the first failure, and never less than half or more than all', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, random) => {
        const full = failures === 0 ? 0 : Math.min(60_000, 5 * 2 ** Math.min(failures - 1, 100));
        const waited = backoffMs(RANGE, failures, random);
        expect(waited).toBeGreaterThanOrEqual(full / 2);
        expect(waited).toBeLessThanOrEqual(full);
      },
    ),
  );
});
