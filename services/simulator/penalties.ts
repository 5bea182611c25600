/** How one request ended. `latencyMs` counts from its start to the last byte of the answer, or to giving up. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly latencyMs: number }
  | { readonly kind: 'timed-out'; readonly latencyMs: number }
  /** `code` as Node.js or undici name it: ECONNREFUSED, ECONNRESET, UND_ERR_SOCKET … */
  | { readonly kind: 'unreachable'; readonly code: string; readonly latencyMs: number };

/** What Intercom counts about one subscription; a forger's requests are not Intercom's and have counters of their own. */
export interface Penalties {
  /** Notifications answered with 2xx, at the first or second attempt. */
  readonly delivered: number;
  /** Attempts that ended otherwise: each is one error to Intercom. */
  readonly errors: number;
  /** Second attempts made. */
  readonly retried: number;
  /** Notifications whose second attempt failed too: gone for good. */
  readonly lostAfterRetry: number;
  /** Notifications that got no second attempt, because the subscription was disabled or the simulator stopped. */
  readonly dropped: number;
  /** Answers later than 500 ms, which cost the subscription its priority. */
  readonly slow: number;
  /** Answers 429: Intercom would have delayed the whole subscription. */
  readonly throttled: number;
  readonly consecutiveErrors: number;
  /** More than 1000 in a row within 15 minutes would have paused the subscription. */
  readonly longestStreak: number;
  /** An answer 410 has ended the subscription; saving the URL again revives it. */
  readonly disabled: boolean;
  readonly rejectedForgeries: number;
  /** Forgeries answered with 2xx: the receiver believed them. */
  readonly acceptedForgeries: number;
  /** Forgeries that were neither believed nor refused: 3xx, 5xx, time-out, no connection. */
  readonly undecidedForgeries: number;
}

export type SendEvent =
  | { readonly kind: 'attempt'; readonly attempt: 1 | 2; readonly outcome: Outcome }
  | { readonly kind: 'forgery'; readonly outcome: Outcome }
  /** A retry that was due to come is given up. */
  | { readonly kind: 'retry-dropped' }
  | { readonly kind: 'url-saved' };

/** What becomes of a notification after an attempt. */
export type Fate = 'delivered' | 'retry' | 'lost' | 'disabled';

export const SLOW_ANSWER_MS = 500;

export const noPenalties: Penalties = {
  delivered: 0,
  errors: 0,
  retried: 0,
  lostAfterRetry: 0,
  dropped: 0,
  slow: 0,
  throttled: 0,
  consecutiveErrors: 0,
  longestStreak: 0,
  disabled: false,
  rejectedForgeries: 0,
  acceptedForgeries: 0,
  undecidedForgeries: 0,
};

/** Intercom's rule: 2xx delivers, 410 disables, anything else is tried once more, and then never again. */
export function fateOf(attempt: 1 | 2, outcome: Outcome): Fate {
  const status = outcome.kind === 'answered' ? outcome.status : 0;
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'disabled';
  return attempt === 1 ? 'retry' : 'lost';
}

/** @returns the counters after one more event */
export function penalise(before: Penalties, event: SendEvent): Penalties {
  switch (event.kind) {
    case 'attempt':
      return countAttempt(before, event.attempt, event.outcome);
    case 'forgery':
      return countForgery(before, event.outcome);
    case 'retry-dropped':
      return { ...before, dropped: before.dropped + 1 };
    case 'url-saved':
      return { ...before, disabled: false };
  }
}

function countAttempt(before: Penalties, attempt: 1 | 2, outcome: Outcome): Penalties {
  const isAnswered = outcome.kind === 'answered';
  const after = {
    ...before,
    retried: before.retried + (attempt === 2 ? 1 : 0),
    slow: before.slow + (isAnswered && outcome.latencyMs > SLOW_ANSWER_MS ? 1 : 0),
    throttled: before.throttled + (isAnswered && outcome.status === 429 ? 1 : 0),
  };
  const fate = fateOf(attempt, outcome);
  if (fate === 'delivered') return { ...after, delivered: before.delivered + 1, consecutiveErrors: 0 };
  const consecutiveErrors = before.consecutiveErrors + 1;
  return {
    ...after,
    errors: before.errors + 1,
    consecutiveErrors,
    longestStreak: Math.max(before.longestStreak, consecutiveErrors),
    lostAfterRetry: before.lostAfterRetry + (fate === 'lost' ? 1 : 0),
    dropped: before.dropped + (fate === 'disabled' ? 1 : 0),
    disabled: before.disabled || fate === 'disabled',
  };
}

function countForgery(before: Penalties, outcome: Outcome): Penalties {
  const status = outcome.kind === 'answered' ? outcome.status : 0;
  if (status >= 200 && status < 300) return { ...before, acceptedForgeries: before.acceptedForgeries + 1 };
  if (status >= 400 && status < 500) return { ...before, rejectedForgeries: before.rejectedForgeries + 1 };
  return { ...before, undecidedForgeries: before.undecidedForgeries + 1 };
}
