import type { Outcome } from './penalties/outcome.ts';
import type { Policy } from './penalties/policy.ts';
import { describe, type Ruling, ruleOn, type SubscriptionReport } from './penalties/ruling.ts';
import { advance, type Happening, newSubscription } from './penalties/subscription.ts';

/** The one subscription and the policy it is held to, as they are now. Times are milliseconds since 1970. */
export interface Standing {
  readonly ruleOn: (dueMs: number, nowMs: number) => Ruling;
  readonly attemptEnded: (outcome: Outcome, atMs: number) => void;
  /** "Set live" was pressed, or the URL saved. */
  readonly revive: () => void;
  /** Intercom itself is down until then. */
  readonly outage: (untilMs: number) => void;
  readonly retryAfterMs: () => number;
  /** Whether an answer 410 has ended it. */
  readonly isDisabled: () => boolean;
  readonly isSuspended: () => boolean;
  readonly policy: () => Policy;
  readonly setPolicy: (policy: Policy) => void;
  readonly report: (nowMs: number) => SubscriptionReport;
}

/** @param onChange told of every new condition of the subscription */
export function createStanding(
  initial: Policy,
  onChange: (condition: SubscriptionReport['condition']) => void,
): Standing {
  let policy = initial;
  let subscription = newSubscription;

  function happen(happening: Happening): void {
    const before = subscription;
    subscription = advance(before, happening, policy);
    if (subscription.condition !== before.condition) onChange(subscription.condition);
  }

  return {
    ruleOn: (dueMs, nowMs) => ruleOn({ dueMs, nowMs }, subscription, policy),
    attemptEnded: (outcome, atMs) => happen({ kind: 'attempt-ended', outcome, atMs }),
    revive: () => happen({ kind: 'revived' }),
    outage: (untilMs) => happen({ kind: 'outage', untilMs }),
    retryAfterMs: () => policy.retryAfterMs,
    isDisabled: () => subscription.condition.kind === 'disabled',
    isSuspended: () => subscription.condition.kind === 'suspended',
    policy: () => policy,
    setPolicy(changed) {
      policy = changed;
    },
    report: (nowMs) => describe(subscription, nowMs),
  };
}
