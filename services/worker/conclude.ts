import { setTimeout as delay } from 'node:timers/promises';
import type { Stored } from '#shared/envelope.ts';
import { asError, type Logger } from '#shared/logger.ts';
import { dedupId } from '#shared/notification.ts';
import type { Claim } from './claims/port.ts';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import { type EffectStore, EffectsRefused } from './effect-store.ts';
import type { Message } from './message.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { RetryPolicy, Settlement } from './settle.ts';
import { later, OVER, type Worked } from './worked.ts';

export interface ConcludeDeps {
  readonly deadLetters: Pick<DeadLetters, 'put'>;
  readonly effects: Pick<EffectStore, 'put'>;
  readonly policy: RetryPolicy;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

export interface Conclusion {
  readonly message: Message;
  readonly stored: Stored;
  readonly claim: Claim;
  readonly settlement: Settlement;
  /** What the handler said, as a dead letter keeps it. */
  readonly answer: string;
  readonly nowMs: number;
}

/** When another has taken over the claim while we were at it: what it makes of it is seen then. */
const LOST: Worked = later(1_000, 'held');
const TRY_AGAIN_MS = 1_000;

/**
 * The one place where a settlement becomes an act, but for the ack. The record is written last: effects and dead letters
 * put twice are one, while a record that came first and nothing after it would be a loss.
 */
export async function conclude(conclusion: Conclusion, deps: ConcludeDeps): Promise<Worked> {
  const { claim, settlement, nowMs } = conclusion;
  switch (settlement.kind) {
    case 'done': {
      const { message, stored } = conclusion;
      const { effects } = settlement;
      if (effects.length > 0) {
        const asked = { headers: message.headers, id: dedupId(stored), effects };
        const put = () => deps.effects.put(asked).catch(refusedOrThrow);
        if ((await untilWritten('effects', put, deps)) === 'refused') return await waitForRoom(conclusion, deps);
      }
      return (await untilWritten('claims', () => claim.finish('handled'), deps)) ? OVER : LOST;
    }
    case 'retry': {
      const { countsAttempt, delayMs } = settlement;
      const postponement = { countsAttempt, notBeforeMs: nowMs + delayMs, delayMs };
      const kept = await untilWritten('claims', () => claim.retryLater(postponement), deps);
      return kept ? later(delayMs, 'retry') : LOST;
    }
    case 'dead': {
      const { countsAttempt } = settlement;
      if (await bury(conclusion.message, letterOf(conclusion, settlement), deps)) {
        return (await untilWritten('claims', () => claim.finish('dead'), deps)) ? OVER : LOST;
      }
      // The handler will be asked again before the next try: seldom, for it has said what it has to say.
      const { maxBackoffMs: delayMs } = deps.policy;
      const kept = await claim.retryLater({ countsAttempt, notBeforeMs: nowMs + delayMs, delayMs });
      return kept ? later(delayMs, 'retry') : LOST;
    }
  }
}

/**
 * A full stream is emptied by people, or in weeks: meanwhile others are to have the place. The handler is called again, and
 * what it asks for then is stored.
 */
async function waitForRoom({ claim, nowMs, message }: Conclusion, deps: ConcludeDeps): Promise<Worked> {
  deps.metrics.storeTrouble.inc({ store: 'effects' });
  deps.logger.error({ seq: message.seq }, 'no room for the effects of an answer: its handler is called again later');
  const { maxBackoffMs: delayMs } = deps.policy;
  const postponement = { countsAttempt: false, notBeforeMs: nowMs + delayMs, delayMs };
  const kept = await untilWritten('claims', () => claim.retryLater(postponement), deps);
  return kept ? later(delayMs, 'retry') : LOST;
}

function refusedOrThrow(error: unknown): 'refused' {
  if (error instanceof EffectsRefused) return 'refused';
  throw error;
}

function letterOf(
  { claim: { record }, answer, nowMs }: Conclusion,
  { reason, detail, countsAttempt }: Extract<Settlement, { kind: 'dead' }>,
): DeadLetter {
  const attempts = record.attempts + (countsAttempt ? 1 : 0);
  return { reason, detail, attempts, answer, firstAtMs: record.firstAt, lastAtMs: nowMs };
}

/** @returns whether the dead letter is durable; if not, the message must stay */
export async function bury(
  message: Message,
  letter: DeadLetter,
  deps: Pick<ConcludeDeps, 'deadLetters' | 'metrics' | 'logger'>,
): Promise<boolean> {
  try {
    await deps.deadLetters.put(message, letter);
    deps.metrics.deadLetters.inc({ reason: letter.reason });
    return true;
  } catch (error) {
    deps.metrics.storeTrouble.inc({ store: 'dead_letters' });
    deps.logger.warn({ seq: message.seq, err: asError(error) }, 'message waits, its dead letter could not be stored');
    return false;
  }
}

/**
 * The handler has done its work, so this must be written down, however long the store is away: a second call would be
 * the alternative. Whether the claim is still ours then, its own write tells.
 */
async function untilWritten<T>(
  store: 'claims' | 'effects',
  write: () => Promise<T>,
  deps: Pick<ConcludeDeps, 'metrics' | 'logger'>,
): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      deps.metrics.storeTrouble.inc({ store });
      deps.logger.error({ store, err: asError(error) }, 'outcome not written down yet, trying on');
    }
    await delay(TRY_AGAIN_MS);
  }
}
