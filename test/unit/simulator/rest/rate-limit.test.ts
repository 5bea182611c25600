import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, type Slice, sliceLimit, takeCall } from '#services/simulator/rest/rate-limit.ts';

/** 2017-02-17 11:55:10 UTC, a moment at which a slice begins. */
const BEGIN_MS = 1_487_332_510_000;

function takeAll(limit: number, timesMs: readonly number[]): Grant[] {
  let slice: Slice | null = null;
  return timesMs.map((nowMs) => {
    const grant = takeCall(slice, limit, nowMs);
    slice = grant.slice;
    return grant;
  });
}

describe('sliceLimit', () => {
  it.each([
    { callsPerMinute: 10_000, limit: 1667 },
    { callsPerMinute: 1000, limit: 167 },
    { callsPerMinute: 500, limit: 83 },
    { callsPerMinute: 60, limit: 10 },
    { callsPerMinute: 1, limit: 1 },
  ])('grants $limit of $callsPerMinute calls a minute in ten seconds', ({ callsPerMinute, limit }) => {
    expect(sliceLimit(callsPerMinute)).toBe(limit);
  });
});

describe('takeCall', () => {
  it.each([
    { what: 'the first call', atMs: [0], granted: true, remaining: 2, resetInS: 10 },
    { what: 'the last one that is granted', atMs: [0, 1, 2], granted: true, remaining: 0, resetInS: 10 },
    { what: 'one too many', atMs: [0, 1, 2, 3], granted: false, remaining: 0, resetInS: 10 },
    { what: 'one too many at the very end', atMs: [0, 1, 2, 9999], granted: false, remaining: 0, resetInS: 10 },
    { what: 'the first of the next slice', atMs: [0, 1, 2, 10_000], granted: true, remaining: 2, resetInS: 20 },
    { what: 'one after slices without a call', atMs: [0, 1, 2, 3, 65_432], granted: true, remaining: 2, resetInS: 70 },
    { what: 'a slice that was begun late', atMs: [9_000, 10_000], granted: true, remaining: 2, resetInS: 20 },
    {
      what: 'a clock that is set back',
      atMs: [10_000, 10_001, 10_002, 9_000],
      granted: false,
      remaining: 0,
      resetInS: 20,
    },
  ])('$what', ({ atMs, granted, remaining, resetInS }) => {
    const last = takeAll(
      3,
      atMs.map((ms) => BEGIN_MS + ms),
    ).at(-1);
    expect(last).toMatchObject({
      isGranted: granted,
      limit: 3,
      remaining,
      resetAtS: BEGIN_MS / 1000 + resetInS,
    });
  });

  it('grants in every ten seconds as many as the limit, whatever was asked before', () => {
    const gapsMs = fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gapsMs, (limit, gaps) => {
        let nowMs = BEGIN_MS;
        const timesMs = gaps.map((gapMs) => (nowMs += gapMs));
        const grants = takeAll(limit, timesMs);
        const bySlice = Object.groupBy(grants, ({ resetAtS }) => resetAtS);
        for (const [at, { resetAtS }] of grants.entries()) {
          const aheadMs = resetAtS * 1000 - (timesMs[at] ?? 0);
          expect(aheadMs).toBeGreaterThan(0);
          expect(aheadMs).toBeLessThanOrEqual(10_000);
        }
        for (const inSlice of Object.values(bySlice)) {
          const asked = inSlice?.length ?? 0;
          expect(inSlice?.map(({ isGranted }) => isGranted)).toEqual(
            Array.from({ length: asked }, (_, at) => at < limit),
          );
          expect(inSlice?.map(({ remaining }) => remaining)).toEqual(
            Array.from({ length: asked }, (_, at) => Math.max(0, limit - at - 1)),
          );
        }
      }),
    );
  });
});
