import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { asError, type Logger } from '#shared/logger.ts';
import type { Slots } from './slots.ts';

export interface ConsumeDeps {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  readonly slots: Slots;
  readonly work: (message: JsMsg) => Promise<void>;
  /** Told whether the consumer is there and pulled from. */
  readonly onState: (state: { consuming: boolean; problem: string }) => void;
  readonly logger: Logger;
}

/** A pull ends after this long, so that an ending worker leaves no request behind that would swallow messages. */
const PULL_EXPIRES_MS = 2_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;

/**
 * Pulls as many messages as there are free slots, never more: what is pulled is worked on at once, and the rest stays
 * where other workers can have it. Goes on through every failure until aborted; then gives back what still arrives.
 */
export async function consume(deps: ConsumeDeps, signal: AbortSignal): Promise<void> {
  let consumer: Consumer | null = null;
  while (!signal.aborted) {
    try {
      await deps.slots.untilFree(1);
      consumer ??= await jetstream(deps.connection).consumers.get(deps.stream, deps.consumer);
      deps.onState({ consuming: true, problem: '' });
      const messages = await consumer.fetch({ max_messages: deps.slots.free, expires: PULL_EXPIRES_MS });
      for await (const message of messages) {
        if (signal.aborted) message.nak();
        else void deps.slots.run(() => deps.work(message));
      }
    } catch (error) {
      consumer = null;
      const problem = asError(error).message;
      deps.onState({ consuming: false, problem });
      if (!signal.aborted) deps.logger.warn({ stream: deps.stream, consumer: deps.consumer, problem }, 'cannot pull');
      await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
