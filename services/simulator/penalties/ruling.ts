import type { Policy } from './policy.ts';
import type { Condition, Subscription } from './subscription.ts';

export type DropReason = 'paused' | 'suspended' | 'disabled' | 'too-late';
export type HoldReason = 'outage' | 'throttled' | 'low-priority';

/** What Intercom does with a notification that is due. */
export type Ruling =
  | { readonly kind: 'send' }
  /** To be asked about again at `untilMs`. What an outage has held back goes out newest first, all else oldest first. */
  | { readonly kind: 'hold'; readonly because: HoldReason; readonly untilMs: number }
  | { readonly kind: 'drop'; readonly because: DropReason };

/** A notification, first attempt or retry. `dueMs` is when it would have left if nothing had been in its way. */
export interface Due {
  readonly dueMs: number;
  readonly nowMs: number;
}

/**
 * Rules on one notification. An outage of Intercom's holds back whatever the endpoint has not forfeited for good; then the
 * endpoint's own condition counts, then its priority. Asked again at `untilMs`, no notification is held for low priority
 * twice.
 */
export function ruleOn({ dueMs, nowMs }: Due, subscription: Subscription, policy: Policy): Ruling {
  const { outageUntilMs, isSlow } = subscription;
  const condition = conditionAt(subscription, nowMs);
  if (condition.kind === 'disabled' || condition.kind === 'suspended') return { kind: 'drop', because: condition.kind };
  if (outageUntilMs !== null && nowMs < outageUntilMs) {
    return { kind: 'hold', because: 'outage', untilMs: outageUntilMs };
  }
  switch (condition.kind) {
    case 'paused':
      return { kind: 'drop', because: 'paused' };
    case 'throttled':
      return condition.untilMs - dueMs > policy.maxLateMs
        ? { kind: 'drop', because: 'too-late' }
        : { kind: 'hold', because: 'throttled', untilMs: condition.untilMs };
    case 'live': {
      const behindMs = dueMs + policy.lowPriorityDelayMs;
      return isSlow && nowMs < behindMs
        ? { kind: 'hold', because: 'low-priority', untilMs: behindMs }
        : { kind: 'send' };
    }
  }
}

/** @returns the condition at that time: a pause or delay that is over is `live` */
export function conditionAt({ condition }: Subscription, nowMs: number): Condition {
  switch (condition.kind) {
    case 'throttled':
    case 'paused':
      return nowMs < condition.untilMs ? condition : { kind: 'live' };
    case 'live':
    case 'suspended':
    case 'disabled':
      return condition;
  }
}

/** What a report says about the subscription. Times are milliseconds on the caller's clock. */
export interface SubscriptionReport {
  readonly condition: Condition;
  readonly priority: 'normal' | 'low';
  readonly failingSinceMs: number | null;
  /** Errors in a row within the window of the pause. */
  readonly errorsInWindow: number;
  /** `null` where Intercom itself is up. */
  readonly outageUntilMs: number | null;
}

export function describe(subscription: Subscription, nowMs: number): SubscriptionReport {
  const { errorsAtMs, failingSinceMs, isSlow, outageUntilMs } = subscription;
  return {
    condition: conditionAt(subscription, nowMs),
    priority: isSlow ? 'low' : 'normal',
    failingSinceMs,
    errorsInWindow: errorsAtMs.length,
    outageUntilMs: outageUntilMs !== null && nowMs < outageUntilMs ? outageUntilMs : null,
  };
}
