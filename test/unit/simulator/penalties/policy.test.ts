import { describe, expect, it } from 'vitest';
import { intercomPolicy, policyOf } from '#services/simulator/penalties/policy.ts';

describe('policyOf', () => {
  it("is Intercom's own where nothing is said", () => {
    expect(policyOf({})).toEqual(intercomPolicy);
    expect(intercomPolicy).toMatchObject({
      retryAfterMs: 60_000,
      maxConsecutiveErrors: 1000,
      errorWindowMs: 900_000,
      pauseMs: 900_000,
      suspendAfterMs: 604_800_000,
      throttleFromMs: 60_000,
      throttleToMs: 7_200_000,
      maxLateMs: 7_200_000,
      app: 'private',
    });
  });

  it('shortens every duration by one factor, and no number', () => {
    expect(policyOf({ speed: 60 })).toMatchObject({
      retryAfterMs: 1000,
      maxConsecutiveErrors: 1000,
      errorWindowMs: 15_000,
      pauseMs: 15_000,
      suspendAfterMs: 10_080_000,
      throttleFromMs: 1000,
      throttleToMs: 120_000,
      maxLateMs: 120_000,
    });
  });

  it('leaves what is stated beside the factor as it is stated', () => {
    const stated = policyOf({ speed: 60, retryAfterMs: 5000, pauseMs: undefined, app: 'public' });
    expect(stated).toEqual({ ...policyOf({ speed: 60 }), retryAfterMs: 5000, app: 'public' });
  });
});
