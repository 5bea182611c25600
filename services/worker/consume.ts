import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { asError, type Logger } from '#shared/logger.ts';
import type { Message } from './message.ts';
import type { Outbox } from './outbox.ts';
import { Pull } from './pull.ts';
import type { Slots } from './slots.ts';
import { TOPICS_CHANGED, TopicGate } from './topics-since.ts';
import type { Worked } from './worked.ts';

export interface ConsumeDeps {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  readonly slots: Slots;
  readonly outbox: Outbox;
  readonly work: (message: Message) => Promise<Worked>;
  /** How long the handler must be left alone; 0 = not at all. */
  readonly pauseMs: () => number;
  /** A message was passed over: it came before its topic was declared. */
  readonly onTooEarly: () => void;
  /** Told what keeps it from pulling; empty = nothing. */
  readonly onState: (problem: string) => void;
  readonly logger: Logger;
}

const PAUSE_AFTER_FAILURE_MS = 1_000;
const SWEEP_MS = 500;

/**
 * Pulls as many messages as there are free slots, never more: what is pulled is worked on at once, and the rest stays
 * where other workers can have it. Goes on through every failure until aborted; then gives back what still arrives.
 */
export async function consume(deps: ConsumeDeps, signal: AbortSignal): Promise<void> {
  const gate = new TopicGate();
  while (!signal.aborted) {
    const problem = await pullUntilEnd(deps, gate, signal).catch((error: unknown) => asError(error).message);
    if (signal.aborted) return;
    deps.onState(problem);
    deps.logger.warn({ stream: deps.stream, consumer: deps.consumer, problem }, 'cannot pull');
    await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * @returns what ended it; after an abort, when the last request has ended
 * @throws Error when the consumer cannot be found
 */
async function pullUntilEnd(deps: ConsumeDeps, gate: TopicGate, signal: AbortSignal): Promise<string> {
  const { connection, stream, consumer, slots } = deps;
  const manager = await jetstreamManager(connection, { checkAPI: false });
  gate.read((await manager.consumers.info(stream, consumer)).config.metadata);
  deps.onState('');
  const ended = Promise.withResolvers<string>();
  let awayUntilMs = 0;
  let isOver = false;
  const pull = new Pull({
    connection,
    stream,
    consumer,
    outbox: deps.outbox,
    onMessage(message) {
      const verdict = signal.aborted ? 'unknown' : gate.judge(message);
      switch (verdict) {
        case 'wanted':
          void slots.run(() => workOff(message)).finally(topUp);
          break;
        case 'too-early':
          deps.onTooEarly();
          message.ack();
          break;
        case 'unknown':
          message.nak();
          if (!signal.aborted) ended.resolve(TOPICS_CHANGED);
      }
      topUp();
    },
    onExpired: topUp,
    onProblem: ended.resolve,
  });
  const sweep = setInterval(() => {
    pull.sweep();
    topUp();
  }, SWEEP_MS);
  topUp();
  try {
    return await ended.promise;
  } finally {
    isOver = true;
    clearInterval(sweep);
    pull.close();
  }

  /** Few large requests rather than many small ones: when nothing is asked for, or when a quarter of the slots lacks. */
  function topUp(): void {
    if (isOver) return;
    if (signal.aborted) {
      if (pull.requested === 0) ended.resolve('asked to end');
      return;
    }
    // While handler or claims are not to be had, what there is stays where it is.
    if (deps.pauseMs() > 0 || performance.now() < awayUntilMs) return;
    const lacking = slots.free - pull.requested;
    if (lacking > 0 && (pull.requested === 0 || lacking >= slots.size / 4)) pull.ask(lacking);
  }

  async function workOff(message: Message): Promise<void> {
    const worked = await deps.work(message);
    switch (worked.kind) {
      case 'over':
        return message.ack();
      case 'later':
        if (worked.because === 'store-away') awayUntilMs = performance.now() + worked.delayMs;
        return message.nak(worked.delayMs);
    }
  }
}
