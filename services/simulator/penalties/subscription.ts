import { fateOf, isSlow, type Outcome, statusOf, THROTTLING_STATUS } from './outcome.ts';
import type { Policy } from './policy.ts';

/**
 * What the endpoint's answers have made of the subscription. Times are milliseconds on the caller's clock.
 *
 *     live, throttled            ── 429 ──▶                                    throttled, twice as long as before
 *     live, throttled            ── more than 1000 errors in a row, 15 min ──▶ paused
 *     live, throttled, paused    ── an error after 7 days of errors ──▶        suspended (private apps)
 *     all but disabled           ── 410 ──▶                                    disabled
 *     throttled, paused          ── `untilMs` ──▶                              live
 *     any                        ── "Set live", or the URL saved ──▶           live
 */
export type Condition =
  | { readonly kind: 'live' }
  /** Remembered after its end until a delivery, for the next delay to be twice this one's. */
  | { readonly kind: 'throttled'; readonly untilMs: number; readonly delayMs: number }
  | { readonly kind: 'paused'; readonly untilMs: number }
  | { readonly kind: 'suspended'; readonly sinceMs: number }
  | { readonly kind: 'disabled'; readonly sinceMs: number };

export interface Subscription {
  readonly condition: Condition;
  /** The errors in a row within the window: at most one more than are forgiven. */
  readonly errorsAtMs: readonly number[];
  /** The first error since the last delivery. */
  readonly failingSinceMs: number | null;
  /** Whether an answer came too late for normal priority, and no delivery in good time since. */
  readonly isSlow: boolean;
  /** Until then Intercom itself is down. */
  readonly outageUntilMs: number | null;
}

export const newSubscription: Subscription = {
  condition: { kind: 'live' },
  errorsAtMs: [],
  failingSinceMs: null,
  isSlow: false,
  outageUntilMs: null,
};

export type Happening =
  /** An attempt of Intercom's own has ended at `atMs`. */
  | { readonly kind: 'attempt-ended'; readonly outcome: Outcome; readonly atMs: number }
  /** "Set live" was pressed, or the URL saved: both forgive everything. */
  | { readonly kind: 'revived' }
  | { readonly kind: 'outage'; readonly untilMs: number };

/** @returns the subscription after one more happening; the same object where nothing has changed */
export function advance(before: Subscription, happening: Happening, policy: Policy): Subscription {
  switch (happening.kind) {
    case 'attempt-ended':
      return afterAttempt(before, happening, policy);
    case 'revived':
      return { ...newSubscription, outageUntilMs: before.outageUntilMs };
    case 'outage':
      return { ...before, outageUntilMs: Math.max(before.outageUntilMs ?? 0, happening.untilMs) };
  }
}

interface Ended {
  readonly outcome: Outcome;
  readonly atMs: number;
}

function afterAttempt(before: Subscription, { outcome, atMs }: Ended, policy: Policy): Subscription {
  switch (fateOf(1, outcome)) {
    case 'again':
      return before;
    case 'delivered':
      return afterDelivery(before, isSlow(outcome), atMs);
    case 'disabled':
      return before.condition.kind === 'disabled'
        ? before
        : { ...before, condition: { kind: 'disabled', sinceMs: atMs } };
    case 'put-off':
    case 'retry':
    case 'lost':
      return afterFailure(
        isPauseOver(before, atMs) ? { ...before, condition: live } : before,
        { outcome, atMs },
        policy,
      );
  }
}

function afterFailure(before: Subscription, { outcome, atMs }: Ended, policy: Policy): Subscription {
  const failingSinceMs = before.failingSinceMs ?? atMs;
  const errorsAtMs = streak(before, atMs, policy);
  const isThrottling = statusOf(outcome) === THROTTLING_STATUS;
  const condition = conditionAfter({ ...before, errorsAtMs, failingSinceMs }, { atMs, isThrottling }, policy);
  return {
    ...before,
    condition,
    failingSinceMs,
    errorsAtMs: condition.kind === 'paused' ? [] : errorsAtMs,
    isSlow: before.isSlow || isSlow(outcome),
  };
}

function afterDelivery(before: Subscription, isSlow: boolean, atMs: number): Subscription {
  const condition = before.condition.kind === 'throttled' && hasEnded(before.condition, atMs) ? live : before.condition;
  const isUnchanged = condition === before.condition && isSlow === before.isSlow && before.failingSinceMs === null;
  return isUnchanged ? before : { ...before, condition, isSlow, failingSinceMs: null, errorsAtMs: [] };
}

interface ErrorAt {
  readonly atMs: number;
  readonly isThrottling: boolean;
}

/** @param subscription with the error counted already */
function conditionAfter(subscription: Subscription, { atMs, isThrottling }: ErrorAt, policy: Policy): Condition {
  const { condition, errorsAtMs, failingSinceMs } = subscription;
  if (condition.kind === 'disabled' || condition.kind === 'suspended') return condition;
  if (policy.app === 'private' && atMs - (failingSinceMs ?? atMs) > policy.suspendAfterMs) {
    return { kind: 'suspended', sinceMs: atMs };
  }
  if (condition.kind === 'paused') return condition;
  if (errorsAtMs.length > policy.maxConsecutiveErrors) return { kind: 'paused', untilMs: atMs + policy.pauseMs };
  return isThrottling ? throttled(condition, atMs, policy) : condition;
}

/** Answers to what left before the delay began say nothing about the delay: only one that comes after it doubles it. */
function throttled(condition: Condition, atMs: number, policy: Policy): Condition {
  if (condition.kind !== 'throttled') {
    return { kind: 'throttled', untilMs: atMs + policy.throttleFromMs, delayMs: policy.throttleFromMs };
  }
  if (!hasEnded(condition, atMs)) return condition;
  const delayMs = Math.min(condition.delayMs * 2, policy.throttleToMs);
  return { kind: 'throttled', untilMs: atMs + delayMs, delayMs };
}

/** What was under way when a pause began doesn't count towards the next one. */
function streak({ condition, errorsAtMs }: Subscription, atMs: number, policy: Policy): readonly number[] {
  if (condition.kind === 'paused') return errorsAtMs;
  const inWindow = errorsAtMs.filter((each) => atMs - each <= policy.errorWindowMs);
  return [...inWindow, atMs].slice(-(policy.maxConsecutiveErrors + 1));
}

const live: Condition = { kind: 'live' };

const isPauseOver = ({ condition }: Subscription, nowMs: number): boolean =>
  condition.kind === 'paused' && hasEnded(condition, nowMs);

const hasEnded = ({ untilMs }: { readonly untilMs: number }, nowMs: number): boolean => nowMs >= untilMs;
