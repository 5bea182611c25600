/** Open loop: when something is due depends on the rate alone, never on how fast earlier answers came. */

/** How fast a run is. */
export interface Pace {
  readonly ratePerSecond: number;
  /** A mass message: `count` notifications from the index `from` on come {@link BURST_FACTOR} times as fast. */
  readonly burst?: { readonly from: number; readonly count: number } | undefined;
}

/** Statistics of content come to about five times the audience it was sent to (Intercom's webhook guide). */
export const BURST_FACTOR = 5;

/** @returns milliseconds after the start of the run at which the notification with this index (from 0) is due */
export function dueAtMs(index: number, { ratePerSecond, burst }: Pace): number {
  const hurried = burst === undefined ? 0 : Math.min(Math.max(index - burst.from, 0), burst.count);
  return ((index - hurried + hurried / BURST_FACTOR) * 1000) / ratePerSecond;
}

/** What the next pass of a run needs to know. Times are milliseconds since its start. */
export interface Moment {
  readonly elapsedMs: number;
  /** When the next new notification is due; `null` after the last. */
  readonly newDueMs: number | null;
  /** When the next one that waits is due, be it for its retry; `null` without one. */
  readonly waitingDueMs: number | null;
  readonly inFlight: number;
  /** Whether the bound on requests in flight leaves room for one more. */
  readonly hasRoom: boolean;
}

export type Step =
  | { readonly kind: 'new' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'finished' };

/** While only answers are awaited, or room for one more: how often to look. */
const POLL_MS = 5;
/** Nobody waits longer than this without looking again whether the run must end. */
const MAX_WAIT_MS = 250;

/** Whose turn it is: one that waits and is due goes before a new one, and nothing goes out beyond the bound. */
export function nextStep({ elapsedMs, newDueMs, waitingDueMs, inFlight, hasRoom }: Moment): Step {
  if (newDueMs === null && waitingDueMs === null) {
    return inFlight === 0 ? { kind: 'finished' } : { kind: 'wait', forMs: POLL_MS };
  }
  const nextDueMs = Math.min(newDueMs ?? Infinity, waitingDueMs ?? Infinity);
  if (nextDueMs > elapsedMs) return { kind: 'wait', forMs: Math.min(nextDueMs - elapsedMs, MAX_WAIT_MS) };
  if (!hasRoom) return { kind: 'wait', forMs: POLL_MS };
  return { kind: waitingDueMs !== null && waitingDueMs <= elapsedMs ? 'waiting' : 'new' };
}
