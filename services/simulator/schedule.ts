/** Open loop: when something is due depends on the rate alone, never on how fast earlier answers came. */

/** @returns milliseconds after the start of the run at which the notification with this index (from 0) is due */
export function dueAtMs(index: number, ratePerSecond: number): number {
  return (index * 1000) / ratePerSecond;
}

/** What the next pass of a run needs to know. Times are milliseconds since its start. */
export interface Moment {
  readonly elapsedMs: number;
  readonly sent: number;
  readonly total: number;
  readonly ratePerSecond: number;
  /** When the oldest waiting retry is due; `null` without one. */
  readonly retryDueMs: number | null;
  readonly inFlight: number;
  /** Whether the bound on requests in flight leaves room for one more. */
  readonly hasRoom: boolean;
}

export type Step =
  | { readonly kind: 'retry' }
  | { readonly kind: 'send' }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'finished' };

/** While only answers are awaited, or room for one more: how often to look. */
const POLL_MS = 5;
/** Nobody waits longer than this without looking again whether the run must end. */
const MAX_WAIT_MS = 250;

/** What to do now: a due retry goes before a due new one, and nothing goes out beyond the bound. */
export function nextStep(moment: Moment): Step {
  const { elapsedMs, sent, total, retryDueMs, inFlight, hasRoom } = moment;
  const newDueMs = sent < total ? dueAtMs(sent, moment.ratePerSecond) : null;
  if (newDueMs === null && retryDueMs === null) {
    return inFlight === 0 ? { kind: 'finished' } : { kind: 'wait', forMs: POLL_MS };
  }
  const nextDueMs = Math.min(newDueMs ?? Infinity, retryDueMs ?? Infinity);
  if (nextDueMs > elapsedMs) return { kind: 'wait', forMs: Math.min(nextDueMs - elapsedMs, MAX_WAIT_MS) };
  if (!hasRoom) return { kind: 'wait', forMs: POLL_MS };
  return { kind: retryDueMs !== null && retryDueMs <= elapsedMs ? 'retry' : 'send' };
}
