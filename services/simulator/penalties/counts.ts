import { fateOf, isSlow, isSuccess, type Outcome, statusOf, THROTTLING_STATUS } from './outcome.ts';
import type { DropReason } from './ruling.ts';

/** What Intercom counts; requests that only pretend to be Intercom's have counters of their own. */
export interface Counts {
  /** Notifications answered with 2xx, at whichever attempt. */
  readonly delivered: number;
  /** Attempts that ended otherwise: each is one error to Intercom. */
  readonly errors: number;
  /** Retries made. */
  readonly retried: number;
  /** Notifications whose retry failed too: gone for good. */
  readonly lostAfterRetry: number;
  /** Notifications that were given up: not sent at all, or not again. */
  readonly dropped: number;
  /** Attempts broken off by the sender: no errors, and repeated. */
  readonly aborted: number;
  /** Attempts answered later than 500 ms or not in time at all, which cost the subscription its priority. */
  readonly slow: number;
  /** Answers 429, which delay the whole subscription. */
  readonly throttled: number;
  readonly consecutiveErrors: number;
  readonly longestStreak: number;
  readonly rejectedForgeries: number;
  /** Forgeries answered with 2xx: the receiver believed them. */
  readonly acceptedForgeries: number;
  /** Forgeries that were neither believed nor refused: 3xx, 5xx, time-out, no connection. */
  readonly undecidedForgeries: number;
  /** Old notifications sent once more by a stranger; a receiver may answer them as it likes. */
  readonly replays: number;
}

export type SendEvent =
  | { readonly kind: 'attempt'; readonly attempt: 1 | 2; readonly outcome: Outcome }
  | { readonly kind: 'forgery'; readonly outcome: Outcome }
  | { readonly kind: 'replay'; readonly outcome: Outcome }
  /** `stopped`: the simulator ended while the notification waited. */
  | { readonly kind: 'dropped'; readonly because: DropReason | 'stopped' };

export const noCounts: Counts = {
  delivered: 0,
  errors: 0,
  retried: 0,
  lostAfterRetry: 0,
  dropped: 0,
  aborted: 0,
  slow: 0,
  throttled: 0,
  consecutiveErrors: 0,
  longestStreak: 0,
  rejectedForgeries: 0,
  acceptedForgeries: 0,
  undecidedForgeries: 0,
  replays: 0,
};

/** @returns the counters after one more event */
export function count(before: Counts, event: SendEvent): Counts {
  switch (event.kind) {
    case 'attempt':
      return countAttempt(before, event.attempt, event.outcome);
    case 'forgery':
      return countForgery(before, event.outcome);
    case 'replay':
      return { ...before, replays: before.replays + 1 };
    case 'dropped':
      return { ...before, dropped: before.dropped + 1 };
  }
}

function countAttempt(before: Counts, attempt: 1 | 2, outcome: Outcome): Counts {
  const fate = fateOf(attempt, outcome);
  if (fate === 'again') return { ...before, aborted: before.aborted + 1 };
  const after = {
    ...before,
    retried: before.retried + (attempt === 2 ? 1 : 0),
    slow: before.slow + (isSlow(outcome) ? 1 : 0),
  };
  if (fate === 'delivered') return { ...after, delivered: before.delivered + 1, consecutiveErrors: 0 };
  const consecutiveErrors = before.consecutiveErrors + 1;
  return {
    ...after,
    errors: before.errors + 1,
    throttled: before.throttled + (statusOf(outcome) === THROTTLING_STATUS ? 1 : 0),
    consecutiveErrors,
    longestStreak: Math.max(before.longestStreak, consecutiveErrors),
    lostAfterRetry: before.lostAfterRetry + (fate === 'lost' ? 1 : 0),
  };
}

function countForgery(before: Counts, outcome: Outcome): Counts {
  const status = statusOf(outcome);
  if (isSuccess(status)) return { ...before, acceptedForgeries: before.acceptedForgeries + 1 };
  if (status >= 400 && status < 500) return { ...before, rejectedForgeries: before.rejectedForgeries + 1 };
  return { ...before, undecidedForgeries: before.undecidedForgeries + 1 };
}
