/**
 * Durations as the resource writes them: hours, minutes and seconds, each at most once and in this order, longest part
 * not zero ("168h", "1h30m", "1h0m0s", "45s"). A subset of what CEL's `duration()` reads, so that the API server can
 * compare them.
 */
export const DURATION =
  /^([1-9][0-9]{0,4}h([0-9]{1,2}m)?([0-9]{1,2}s)?|[1-9][0-9]{0,5}m([0-9]{1,2}s)?|[1-9][0-9]{0,6}s)$/;

/**
 * Milliseconds of a duration.
 * @throws RangeError when the text is not one; the schema admits nothing else
 */
export function parseDurationMs(text: string): number {
  if (!DURATION.test(text)) throw new RangeError(`not a duration of hours, minutes and seconds: ${text}`);
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([hms])/g)) totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return totalMs;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };
