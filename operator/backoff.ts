export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures in a row: twice as long each time, up to `maxMs`; of that between half and all,
 * so that those who failed together come apart. `random` is in [0, 1).
 */
export function backoffMs({ minMs, maxMs }: Backoff, failures: number, random: number): number {
  if (failures <= 0) return 0;
  // 2^30 times anything is beyond every maximum, and beyond 2^1023 it would be Infinity.
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return fullMs * (0.5 + random / 2);
}
