import { describe, expect, it } from 'vitest';
import { drawStep } from '#cli/drill/random-faults.ts';
import { seededRandom } from '#services/simulator/random.ts';

describe('random faults', () => {
  const steps = (seed: number) => {
    const random = seededRandom(seed, 1, 0);
    return Array.from({ length: 200 }, () => drawStep(random));
  };

  it('are the same for the same seed, and others for another', () => {
    expect(steps(3)).toEqual(steps(3));
    expect(steps(3)).not.toEqual(steps(4));
  });

  it('leave none out, and none without peace after it', () => {
    expect(new Set(steps(3).map(({ fault }) => fault)).size).toBe(process.platform === 'linux' ? 25 : 24);
    for (const { forMs, peaceMs } of steps(3)) {
      expect(forMs).toBeGreaterThanOrEqual(1_000);
      expect(forMs).toBeLessThan(10_000);
      expect(peaceMs).toBeGreaterThanOrEqual(2_000);
    }
  });
});
