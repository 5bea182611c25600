import { randomUUID } from 'node:crypto';
import { open, type Stored } from '#shared/envelope.ts';
import { asError } from '#shared/logger.ts';
import { dedupId } from '#shared/notification.ts';
import type { Circuit, CircuitCall } from './circuit.ts';
import { claimKey } from './claims/key.ts';
import type { Claim, Claims } from './claims/port.ts';
import { callHeaders } from './cloud-event.ts';
import { bury, type ConcludeDeps, conclude } from './conclude.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Handler } from './deliver.ts';
import { asSeen, availabilityOf } from './delivery.ts';
import type { Latest } from './latest.ts';
import type { Message } from './message.ts';
import { lastAnswer } from './redact.ts';
import { poisoned, settle } from './settle.ts';
import { later, OVER, type Worked } from './worked.ts';

export interface WorkDeps extends ConcludeDeps {
  readonly handlerName: string;
  readonly handler: Handler;
  readonly circuit: Circuit;
  readonly claims: Claims;
  readonly latest: Latest;
  readonly regions: Readonly<Record<string, string>>;
  /** How often a running call renews its claim and tells JetStream that it goes on. */
  readonly renewMs: number;
}

/** How long a message waits when claims or dead letters cannot be written. */
const STORE_AWAY_DELAY_MS = 2_000;

/** message → circuit → claim → deliver → settle → conclude. Acknowledges nothing itself. Never rejects. */
export async function work(message: Message, deps: WorkDeps): Promise<Worked> {
  const opened = open(message.headers);
  if (opened.kind === 'foreign') return await buryForeign(message, opened.reason, deps);
  const call = deps.circuit.start(Date.now());
  // Not even claimed: a handler that is away costs its messages nothing.
  if (call === null) return later(deps.circuit.waitMs(Date.now()), 'retry');
  try {
    return await workOn(message, { stored: opened.stored, call }, deps);
  } catch (error) {
    deps.metrics.storeTrouble.inc({ store: 'claims' });
    deps.logger.warn(
      { seq: message.seq, err: asError(error) },
      'message waits, its claim could not be read or written',
    );
    return later(STORE_AWAY_DELAY_MS, 'store-away');
  }
}

interface Turn {
  readonly stored: Stored;
  readonly call: CircuitCall;
}

async function workOn(message: Message, turn: Turn, deps: WorkDeps): Promise<Worked> {
  const { stored, call } = turn;
  const notCalled = () => void deps.circuit.ended(call, 'not-called', Date.now());
  const key = claimKey(deps.handlerName, deliveryId(stored));
  const claimed = await deps.claims.claim(key).catch((error: unknown) => {
    notCalled();
    throw error;
  });
  switch (claimed.kind) {
    case 'done':
      notCalled();
      deps.metrics.skipped.inc({ reason: 'done' });
      return OVER;
    case 'held':
      notCalled();
      deps.metrics.skipped.inc({ reason: 'held' });
      return later(claimed.retryInMs, 'held');
    case 'waiting':
      notCalled();
      deps.metrics.skipped.inc({ reason: 'waiting' });
      return later(claimed.retryInMs, 'retry');
    case 'claimed': {
      const { claim } = claimed;
      const settlement = poisoned(claim.record.crashes);
      if (settlement === null) return await deliver(message, { ...turn, claim }, deps);
      notCalled();
      return await conclude({ message, stored, claim, settlement, answer: '', nowMs: Date.now() }, deps);
    }
  }
}

interface ClaimedTurn extends Turn {
  readonly claim: Claim;
}

async function deliver(message: Message, { stored, call, claim }: ClaimedTurn, deps: WorkDeps): Promise<Worked> {
  const { attempts, misses, crashes, firstAt } = claim.record;
  const deliveryAttempt = 1 + attempts + misses + crashes;
  if (deliveryAttempt === 1) deps.metrics.queueSeconds.observe(Math.max(0, Date.now() - stored.receivedAtMs) / 1000);
  // The ends of a UUID are random, and come from a pool: random bytes are a system call each.
  const uuid = randomUUID();
  const headers = callHeaders(stored, {
    handler: deps.handlerName,
    regions: deps.regions,
    deliveryAttempt,
    isStale: deps.latest.isStale(stored.key, stored.createdAt),
    spanId: uuid.slice(0, 4) + uuid.slice(-12),
  });
  const letGo = keepHold(message, claim, deps.renewMs);
  try {
    const endTimer = deps.metrics.callSeconds.startTimer();
    const answered = await deps.handler.call(headers, message.data);
    endTimer();
    const nowMs = Date.now();
    const counts = deps.circuit.ended(call, availabilityOf(answered), nowMs);
    const delivery = asSeen(answered, counts);
    const history = { attempts, ageMs: nowMs - firstAt, storedMs: nowMs - message.storedAtMs, about: stored };
    const settlement = settle(delivery, history, deps.policy, Math.random());
    deps.metrics.deliveries.inc({ result: settlement.kind });
    if (settlement.kind === 'done') {
      deps.latest.handled(stored.key, stored.createdAt);
    } else {
      deps.logger.warn(
        { seq: message.seq, id: stored.id, key: stored.key, deliveryAttempt, settlement },
        'handler did not take the message',
      );
    }
    return await conclude({ message, stored, claim, settlement, answer: lastAnswer(delivery), nowMs }, deps);
  } finally {
    letGo();
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

/** There is no id to claim it by; its place in the stream keeps the dead letter single. */
async function buryForeign(message: Message, detail: string, deps: WorkDeps): Promise<Worked> {
  const nowMs = Date.now();
  const times = { firstAtMs: nowMs, lastAtMs: nowMs };
  const letter: DeadLetter = { reason: 'UnknownFormat', detail, attempts: 0, answer: '', ...times };
  return (await bury(message, letter, deps)) ? OVER : later(STORE_AWAY_DELAY_MS, 'trouble');
}

/** A dead letter that was redriven is another delivery than the one that failed, and the same however often it comes. */
const deliveryId = (stored: Stored): string =>
  stored.redrive === '' ? dedupId(stored) : `${dedupId(stored)}:redrive:${stored.redrive}`;
