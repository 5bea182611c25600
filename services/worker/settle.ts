import { availabilityOf, type Delivery, isSuccess } from './delivery.ts';
import type { About, Effect } from './effect.ts';
import { readEffects } from './effects.ts';

/** What is to be done with the message. */
export type Settlement =
  /** `effects` are stored first; mostly there are none. */
  | { kind: 'done'; effects: readonly Effect[] }
  | { kind: 'retry'; delayMs: number; countsAttempt: boolean }
  | { kind: 'dead'; reason: DeadReason; detail: string; countsAttempt: boolean };

export type DeadReason =
  | 'Refused' // the handler said that it never will: 4xx, 3xx
  | 'BadEffect' // the handler took it, and asked for what cannot be done
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

/** What is known of a message besides the call that has ended. */
export interface History {
  /** Completed calls before this one. */
  readonly attempts: number;
  /** Since the first call began. */
  readonly ageMs: number;
  /** Since the message was stored. */
  readonly storedMs: number;
  /** What effects are about that do not say it. */
  readonly about: About;
}

/**
 * Decides, and decides alone, what follows from a call. Pure; `jitter` is a number in [0, 1).
 *
 *     2xx                                   done; a dead letter where it asks for an effect that cannot be
 *     408 425 429, 5xx, time-out            retry; uses up an attempt, and the waits double
 *     502 503 504, unreachable, a time-out  retry soon: the circuit says when the handler is asked at all;
 *       while nothing else is answered        no attempt used, only age
 *     everything else                       dead letter
 *
 * A retry that maxAttempts, maxAge or the stream's retention would not let happen is a dead letter now, while the
 * message still exists. A bad effect is not tried again: the handler has done its work, and would do it twice.
 */
export function settle(delivery: Delivery, history: History, policy: RetryPolicy, jitter: number): Settlement {
  switch (judge(delivery)) {
    case 'taken':
      return take(delivery, history.about);
    case 'refused':
      return { kind: 'dead', reason: 'Refused', detail: describe(delivery), countsAttempt: true };
    case 'failed': {
      const attempts = history.attempts + 1;
      if (attempts >= policy.maxAttempts) {
        return { kind: 'dead', reason: 'AttemptsExhausted', detail: describe(delivery), countsAttempt: true };
      }
      const retry = { delayMs: backoffMs(attempts, policy, jitter), countsAttempt: true };
      return unlessTooLate(retry, delivery, history, policy);
    }
    case 'unavailable': {
      const retry = { delayMs: backoffMs(1, policy, jitter), countsAttempt: false };
      return unlessTooLate(retry, delivery, history, policy);
    }
  }
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
export function backoffMs(
  failures: number,
  { minBackoffMs, maxBackoffMs }: Pick<RetryPolicy, 'minBackoffMs' | 'maxBackoffMs'>,
  jitter: number,
): number {
  const exponential = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(exponential * (0.5 + jitter / 2));
}

/** Clocks differ and a call takes time: a retry keeps clear of the last twentieth of the retention. */
const RETENTION_SHARE = 0.95;
/** A handler may ask for patience, not for ever. */
const MAX_RETRY_AFTER_MS = 3_600_000;

function judge(delivery: Delivery): 'taken' | 'failed' | 'unavailable' | 'refused' {
  switch (delivery.kind) {
    case 'unreachable':
      return 'unavailable';
    case 'timed-out':
      return delivery.unavailable ? 'unavailable' : 'failed';
    case 'answered':
      return availabilityOf(delivery) === 'unavailable' ? 'unavailable' : judgeStatus(delivery.status);
  }
}

function judgeStatus(status: number): 'taken' | 'failed' | 'refused' {
  if (isSuccess(status)) return 'taken';
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'failed' : 'refused';
}

function take(delivery: Delivery, about: About): Settlement {
  const read = readEffects(delivery.kind === 'answered' ? delivery.answer : null, about);
  if (read.kind === 'effects') return { kind: 'done', effects: read.effects };
  return { kind: 'dead', reason: 'BadEffect', detail: `${read.field}: ${read.problem}`, countsAttempt: true };
}

function unlessTooLate(
  { delayMs: backoff, countsAttempt }: { delayMs: number; countsAttempt: boolean },
  delivery: Delivery,
  { ageMs, storedMs }: History,
  policy: RetryPolicy,
): Settlement {
  const leftMs = Math.max(0, policy.maxAgeMs - ageMs);
  // What the handler asks for does not make it miss its last chance.
  const delayMs = Math.max(backoff, Math.min(askedFor(delivery), leftMs));
  const dead = (reason: DeadReason): Settlement => ({
    kind: 'dead',
    reason,
    detail: describe(delivery),
    countsAttempt,
  });
  if (ageMs + delayMs > policy.maxAgeMs) return dead('AgeExceeded');
  if (storedMs + delayMs > policy.eventsRetentionMs * RETENTION_SHARE) return dead('RetentionExceeded');
  return { kind: 'retry', delayMs, countsAttempt };
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
