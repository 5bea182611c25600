import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { open, type Stored } from '#shared/envelope.ts';
import { asError, type Logger } from '#shared/logger.ts';
import { dedupId } from '#shared/notification.ts';
import { claimKey } from './claims/key.ts';
import type { Claim, Claims } from './claims/port.ts';
import { callHeaders } from './cloud-event.ts';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import type { Handler } from './deliver.ts';
import type { Message } from './message.ts';
import type { WorkerMetrics } from './metrics.ts';
import { poisoned, type RetryPolicy, type Settlement, settle } from './settle.ts';

export interface WorkDeps {
  readonly handlerName: string;
  readonly handler: Handler;
  readonly claims: Claims;
  readonly deadLetters: DeadLetters;
  readonly policy: RetryPolicy;
  readonly regions: Readonly<Record<string, string>>;
  /** How often a running call renews its claim and tells JetStream that it goes on. */
  readonly renewMs: number;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

/** How long a message waits when claims or dead letters cannot be written. */
const STORE_AWAY_DELAY_MS = 2_000;

/** message → claim → deliver → settle → ack | retry later | dead letter. Never rejects. */
export async function work(message: Message, deps: WorkDeps): Promise<void> {
  try {
    const opened = open(message.headers);
    if (opened.kind === 'foreign') return await buryForeign(message, opened.reason, deps);
    await workOn(message, opened.stored, deps);
  } catch (error) {
    deps.metrics.storeTrouble.inc({ store: 'claims' });
    deps.logger.warn(
      { seq: message.seq, err: asError(error) },
      'message waits, its claim could not be read or written',
    );
    message.nak(STORE_AWAY_DELAY_MS);
  }
}

async function workOn(message: Message, stored: Stored, deps: WorkDeps): Promise<void> {
  const claimed = await deps.claims.claim(claimKey(deps.handlerName, dedupId(stored)));
  switch (claimed.kind) {
    case 'done':
      deps.metrics.skipped.inc({ reason: 'done' });
      return message.ack();
    case 'held':
    case 'waiting':
      deps.metrics.skipped.inc({ reason: claimed.kind });
      return message.nak(claimed.retryInMs);
    case 'claimed':
      return await deliver(message, stored, claimed.claim, deps);
  }
}

async function deliver(message: Message, stored: Stored, claim: Claim, deps: WorkDeps): Promise<void> {
  const { attempts, misses, crashes, firstAt } = claim.record;
  const poison = poisoned(crashes);
  if (poison !== null) return await conclude(message, claim, { settlement: poison, nowMs: Date.now() }, deps);
  const deliveryAttempt = 1 + attempts + misses + crashes;
  if (deliveryAttempt === 1) deps.metrics.queueSeconds.observe(Math.max(0, Date.now() - stored.receivedAtMs) / 1000);
  // The ends of a UUID are random, and come from a pool: random bytes are a system call each.
  const uuid = randomUUID();
  const spanId = uuid.slice(0, 4) + uuid.slice(-12);
  const headers = callHeaders(stored, {
    handler: deps.handlerName,
    regions: deps.regions,
    deliveryAttempt,
    spanId,
  });
  const letGo = keepHold(message, claim, deps.renewMs);
  try {
    const endTimer = deps.metrics.callSeconds.startTimer();
    const delivery = await deps.handler.call(headers, message.data);
    endTimer();
    const nowMs = Date.now();
    const history = { attempts, misses, ageMs: nowMs - firstAt, storedMs: nowMs - message.storedAtMs };
    const settlement = settle(delivery, history, deps.policy, Math.random());
    deps.metrics.deliveries.inc({ result: settlement.kind });
    if (settlement.kind !== 'done') {
      deps.logger.warn(
        { ...idFields(message, stored), deliveryAttempt, settlement },
        'handler did not take the message',
      );
    }
    await conclude(message, claim, { settlement, nowMs }, deps);
  } finally {
    letGo();
  }
}

/**
 * The one place where a settlement becomes an act. The record is written first: an ack lost on its way only brings the
 * message back to be skipped, while a record lost would bring back the call.
 */
async function conclude(
  message: Message,
  claim: Claim,
  end: { settlement: Settlement; nowMs: number },
  deps: WorkDeps,
): Promise<void> {
  const { settlement, nowMs } = end;
  switch (settlement.kind) {
    case 'done':
      if (await untilWritten(() => claim.finish('handled'), deps)) message.ack();
      return;
    case 'retry': {
      const notBeforeMs = nowMs + settlement.delayMs;
      const kept = await claim.retryLater({ countsAttempt: settlement.countsAttempt, notBeforeMs });
      if (kept) message.nak(settlement.delayMs);
      return;
    }
    case 'dead': {
      const { reason, detail, countsAttempt } = settlement;
      const attempts = claim.record.attempts + (countsAttempt ? 1 : 0);
      const letter = { reason, detail, attempts, firstAtMs: claim.record.firstAt, lastAtMs: nowMs };
      if (!(await bury(message, letter, deps))) {
        // The handler will be asked again before the next try: seldom, for it has said what it has to say.
        const delayMs = deps.policy.maxBackoffMs;
        if (await claim.retryLater({ countsAttempt, notBeforeMs: nowMs + delayMs })) message.nak(delayMs);
        return;
      }
      if (await untilWritten(() => claim.finish('dead'), deps)) message.ack();
      return;
    }
  }
}

/**
 * While a call runs, the claim stays ours and JetStream does not deliver the message to another. Where the store is away
 * the claim runs out by itself, and finish() tells whether it is still ours.
 * @returns what ends it
 */
function keepHold(message: Message, claim: Claim, everyMs: number): () => void {
  const timer = setInterval(() => {
    void holdOn().catch(() => undefined);
  }, everyMs);
  return () => clearInterval(timer);

  async function holdOn(): Promise<void> {
    message.working();
    await claim.renew();
  }
}

/**
 * The handler has done its work, so this must be written down, however long the store is away: a second call would be
 * the alternative. False when the claim is another's by now, who then answers for the message.
 */
async function untilWritten(write: () => Promise<boolean>, deps: WorkDeps): Promise<boolean> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      deps.metrics.storeTrouble.inc({ store: 'claims' });
      deps.logger.error({ err: asError(error) }, 'outcome not written down yet, trying on');
    }
    await delay(1_000);
  }
}

/** @returns whether the dead letter is durable; if not, the message must stay */
async function bury(message: Message, letter: DeadLetter, deps: WorkDeps): Promise<boolean> {
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

/** There is no id to claim it by; its place in the stream keeps the dead letter single. */
async function buryForeign(message: Message, detail: string, deps: WorkDeps): Promise<void> {
  const nowMs = Date.now();
  const letter: DeadLetter = { reason: 'UnknownFormat', detail, attempts: 0, firstAtMs: nowMs, lastAtMs: nowMs };
  if (await bury(message, letter, deps)) message.ack();
  else message.nak(STORE_AWAY_DELAY_MS);
}

const idFields = (message: Message, stored: Stored) => ({ seq: message.seq, id: stored.id, key: stored.key });
