/**
 * Milliseconds since 1970 with fractions, never going backwards: the difference of two values is a duration, and the
 * values of processes of one machine can be compared.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
