import { describe, expect, it } from 'vitest';
import { faultOf } from '#services/simulator/rest/faults.ts';

const REPLIES = 2000;
const faults = (share: number, seed = 7) =>
  Array.from({ length: REPLIES }, (_, index) => faultOf({ seed, share }, index));

describe('faultOf', () => {
  it('befalls about the share that was asked for', () => {
    const befallen = faults(0.25).filter((fault) => fault !== null).length / REPLIES;
    expect(befallen).toBeGreaterThan(0.22);
    expect(befallen).toBeLessThan(0.28);
  });

  it('befalls none at 0, and all at 1', () => {
    expect(faults(0).filter((fault) => fault !== null)).toEqual([]);
    expect(faults(1).filter((fault) => fault === null)).toEqual([]);
  });

  it('stores some and loses some, whatever is answered', () => {
    const kinds = new Set(faults(1).map((fault) => `${fault?.answer} ${fault?.isStored}`));
    expect([...kinds].toSorted()).toEqual(
      [500, 503, 504, 'none'].flatMap((answer) => [`${answer} false`, `${answer} true`]),
    );
  });

  it('is the same for the same seed', () => {
    expect(faults(0.5)).toEqual(faults(0.5));
    expect(faults(0.5)).not.toEqual(faults(0.5, 8));
  });
});
