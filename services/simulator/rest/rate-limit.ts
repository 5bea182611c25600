/** A minute's calls are granted in slices of so many seconds, which begin at multiples of it. */
const SLICE_S = 10;
const SLICES_PER_MINUTE = 6;

/** The calls of the slice that began then. Times are unix seconds. */
export interface Slice {
  readonly startedAtS: number;
  readonly used: number;
}

/** What became of one call, and what the `X-RateLimit-*` headers of its answer say. */
export interface Grant {
  readonly slice: Slice;
  readonly isGranted: boolean;
  readonly limit: number;
  /** Calls left in this slice after this one. */
  readonly remaining: number;
  /** When the next slice begins, in unix seconds. */
  readonly resetAtS: number;
}

/** Calls per slice, rounded as Intercom does: 83 of 500, 167 of 1000, 1667 of 10 000 a minute. */
export function sliceLimit(callsPerMinute: number): number {
  return Math.max(1, Math.round(callsPerMinute / SLICES_PER_MINUTE));
}

/**
 * Counts one call. One that is refused uses up nothing.
 * @param slice what the last call left; null before the first
 * @param limit calls per slice
 * @param nowMs milliseconds since 1970; a clock that is set back grants nothing anew
 */
export function takeCall(slice: Slice | null, limit: number, nowMs: number): Grant {
  const startedAtS = Math.floor(nowMs / (SLICE_S * 1000)) * SLICE_S;
  const current = slice !== null && slice.startedAtS >= startedAtS ? slice : { startedAtS, used: 0 };
  const isGranted = current.used < limit;
  const used = isGranted ? current.used + 1 : current.used;
  return {
    slice: { ...current, used },
    isGranted,
    limit,
    remaining: limit - used,
    resetAtS: current.startedAtS + SLICE_S,
  };
}
