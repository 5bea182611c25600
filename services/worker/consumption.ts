import type { NatsConnection } from '@nats-io/transport-node';
import { CONSUMERS, STREAMS, type WorkerEnv } from '#shared/contract.ts';
import type { Logger } from '#shared/logger.ts';
import { consume } from './consume.ts';
import type { Message } from './message.ts';
import { OrderedConsumption } from './ordered/consume-ordered.ts';
import type { Outbox } from './outbox.ts';
import { Slots } from './slots.ts';
import type { Worked } from './worked.ts';

export interface Consumption {
  /** Messages being worked on. */
  readonly inFlight: number;
  /** Messages that were pulled and are not over. */
  readonly held: number;
  /** How much of what may be held is, 0 to 1: at 1 nothing more comes until something is over. */
  readonly fullness: number;
  /** Begins nothing more, and waits for what has begun. */
  end(): Promise<void>;
}

export interface ConsumptionDeps {
  readonly connection: NatsConnection;
  /** Names this process among the workers of the handler. */
  readonly self: string;
  readonly outbox: Outbox;
  readonly work: (message: Message) => Promise<Worked>;
  /** How long the handler must be left alone; 0 = not at all. */
  readonly pauseMs: () => number;
  /** A share of the keys is this worker's from now on. */
  readonly onTakeover: () => void;
  /** A message was passed over: it came before its topic was declared. */
  readonly onTooEarly: () => void;
  /** Told what keeps it from working; empty = nothing. */
  readonly onState: (problem: string) => void;
  readonly logger: Logger;
}

/** Begins to work on the handler's messages: in order for each key, or as they come. */
export function startConsumption(config: WorkerEnv, deps: ConsumptionDeps): Consumption {
  const { WEBHOOK_TOKEN: webhook, HANDLER: handler, CONCURRENCY: concurrency } = config;
  switch (config.ORDER_BY) {
    case 'Subject':
      return new OrderedConsumption({ ...deps, webhook, handler, concurrency });
    case 'None':
      return unordered(config, deps);
  }
}

function unordered(config: WorkerEnv, deps: ConsumptionDeps): Consumption {
  const slots = new Slots(config.CONCURRENCY);
  const ending = new AbortController();
  const stream = STREAMS.events(config.WEBHOOK_TOKEN);
  const consumer = CONSUMERS.unordered(config.HANDLER);
  const consuming = consume({ ...deps, stream, consumer, slots }, ending.signal);
  return {
    get inFlight() {
      return slots.taken;
    },
    get held() {
      return slots.taken;
    },
    // What waits for a retry is with the server.
    fullness: 0,
    async end() {
      ending.abort();
      await consuming;
      await slots.untilIdle();
    },
  };
}
