import type { Clock } from './clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** How many at once after a rest. */
  readonly burst: number;
}

/** Spreads what must not come all at once. */
export interface TokenBucket {
  /** Takes a token, perhaps one of the future. @returns in how many milliseconds it is there */
  reserve(): number;
}

export function createTokenBucket({ perSecond, burst }: Rate, clock: Clock): TokenBucket {
  let tokens = burst;
  let atMs = clock.now();
  return {
    reserve: () => {
      const nowMs = clock.now();
      tokens = Math.min(burst, tokens + ((nowMs - atMs) * perSecond) / 1000) - 1;
      atMs = nowMs;
      return tokens >= 0 ? 0 : (-tokens * 1000) / perSecond;
    },
  };
}
