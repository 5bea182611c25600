/** What became of one call to the handler. */
export type Delivery =
  | { kind: 'answered'; status: number; retryAfterMs: number | null }
  | { kind: 'timed-out' }
  | { kind: 'unreachable'; error: string };

/** What is to be done with the message. */
export type Settlement =
  | { kind: 'done' }
  | { kind: 'retry'; delayMs: number; countsAttempt: boolean }
  | { kind: 'dead'; reason: DeadReason; detail: string; countsAttempt: boolean };

export type DeadReason =
  | 'Refused' // the handler said that it never will: 4xx, 3xx
  | 'AttemptsExhausted' // retry.maxAttempts
  | 'AgeExceeded' // retry.maxAge
  | 'RetentionExceeded' // the event would have expired before its retry
  | 'CrashedWorker' // deliveries that ended without any outcome
  | 'UnknownFormat'; // not written by a release that we can read

export interface RetryPolicy {
  readonly maxAgeMs: number;
  readonly maxAttempts: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** `retention.events`: after this the stream forgets the message. */
  readonly eventsRetentionMs: number;
}

export interface History {
  /** Completed calls before this one. */
  readonly attempts: number;
  /** Calls before this one that found the handler unavailable. */
  readonly misses: number;
  /** Since the first call began. */
  readonly ageMs: number;
  /** Since the message was stored. */
  readonly storedMs: number;
}

/**
 * Decides, and decides alone, what follows from a call. Pure; `jitter` is a number in [0, 1).
 *
 *     2xx                                   done
 *     408 425 429, 5xx, time-out            retry; uses up an attempt
 *     502 503 504, unreachable              retry; the handler is unavailable, no attempt used, only age
 *     everything else                       dead letter
 *
 * A retry that maxAttempts, maxAge or the stream's retention would not let happen is a dead letter now, while the
 * message still exists.
 */
export function settle(delivery: Delivery, history: History, policy: RetryPolicy, jitter: number): Settlement {
  const verdict = judge(delivery);
  if (verdict === 'done') return { kind: 'done' };
  const detail = describe(delivery);
  if (verdict === 'refused') return { kind: 'dead', reason: 'Refused', detail, countsAttempt: true };
  const countsAttempt = verdict === 'failed';
  const failures = (countsAttempt ? history.attempts : history.misses) + 1;
  const dead = (reason: DeadReason): Settlement => ({ kind: 'dead', reason, detail, countsAttempt });
  if (countsAttempt && failures >= policy.maxAttempts) return dead('AttemptsExhausted');
  const leftMs = Math.max(0, policy.maxAgeMs - history.ageMs);
  // What the handler asks for does not make it miss its last chance.
  const delayMs = Math.max(backoffMs(failures, policy, jitter), Math.min(askedFor(delivery), leftMs));
  if (history.ageMs + delayMs > policy.maxAgeMs) return dead('AgeExceeded');
  if (history.storedMs + delayMs > policy.eventsRetentionMs * RETENTION_SHARE) return dead('RetentionExceeded');
  return { kind: 'retry', delayMs, countsAttempt };
}

/**
 * Decides before a call whether there is to be one at all: a message that has cost so many workers their claim is likely
 * to be why they died. Null = call. Pure.
 */
export const poisoned = (crashes: number): Extract<Settlement, { kind: 'dead' }> | null =>
  crashes < POISON_LIMIT
    ? null
    : {
        kind: 'dead',
        reason: 'CrashedWorker',
        detail: `${crashes} deliveries ended without an outcome`,
        countsAttempt: false,
      };

const POISON_LIMIT = 5;

/** Exponential from `minBackoff`, never above `maxBackoff`; the upper half is jitter, so that failures do not march in step. */
export function backoffMs(failures: number, policy: RetryPolicy, jitter: number): number {
  const exponential = Math.min(policy.maxBackoffMs, policy.minBackoffMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(exponential * (0.5 + jitter / 2));
}

/** Clocks differ and a call takes time: a retry keeps clear of the last twentieth of the retention. */
const RETENTION_SHARE = 0.95;
/** A handler may ask for patience, not for ever. */
const MAX_RETRY_AFTER_MS = 3_600_000;

function judge(delivery: Delivery): 'done' | 'failed' | 'unavailable' | 'refused' {
  switch (delivery.kind) {
    case 'unreachable':
      return 'unavailable';
    case 'timed-out':
      return 'failed';
    case 'answered':
      return judgeStatus(delivery.status);
  }
}

function judgeStatus(status: number): 'done' | 'failed' | 'unavailable' | 'refused' {
  if (status >= 200 && status < 300) return 'done';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  if (status >= 500 || status === 408 || status === 425 || status === 429) return 'failed';
  return 'refused';
}

function describe(delivery: Delivery): string {
  switch (delivery.kind) {
    case 'unreachable':
      return `unreachable: ${delivery.error}`;
    case 'timed-out':
      return 'no answer within the timeout';
    case 'answered':
      return `HTTP ${delivery.status}`;
  }
}

const askedFor = (delivery: Delivery): number =>
  delivery.kind === 'answered' ? Math.min(delivery.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
