import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { PIN_GROUP } from '#shared/contract.ts';
import { asError, type Logger } from '#shared/logger.ts';
import type { Message } from '../message.ts';
import type { Outbox } from '../outbox.ts';
import { Pull } from '../pull.ts';
import { TOPICS_CHANGED, TopicGate } from '../topics-since.ts';

export interface PartitionDeps {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  readonly outbox: Outbox;
  /** Taken over: what was brought before is not ours to begin any more. Told how many may be unacknowledged at once. */
  readonly onTaken: (limit: number) => void;
  readonly onMessage: (message: Message) => void;
  /** A message was passed over: it came before its topic was declared. */
  readonly onTooEarly: () => void;
  /** How many messages may be asked for beyond those that are asked for already. */
  readonly room: (requested: number) => number;
  readonly onState: (problem: string) => void;
  readonly logger: Logger;
}

/** After having lost it to somebody: two that both believe to be its owner must not take turns for long. */
const PAUSE_MS = 500;
const SWEEP_MS = 250;
/** What the server pinned us by comes with each message. */
const PIN_ID = 'Nats-Pin-Id';

/** One consumer of an ordered handler, while it is ours. */
export class Partition {
  readonly #deps: PartitionDeps;
  readonly #gate = new TopicGate();
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #topUp = (): void => undefined;
  #lose = (_problem: string): void => undefined;

  constructor(deps: PartitionDeps) {
    this.#deps = deps;
    this.#ended = this.#hold();
  }

  /** To be called when there is room again. */
  topUp(): void {
    this.#topUp();
  }

  /** It may be somebody else's by now: it is taken over anew. */
  lose(problem: string): void {
    this.#lose(problem);
  }

  /** Asks for nothing more, and hands on nothing more. */
  release(): Promise<void> {
    this.#ending.abort();
    this.#lose('released');
    return this.#ended;
  }

  async #hold(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const problem = await this.#takeOver().catch((error: unknown) => asError(error).message);
      if (signal.aborted) return;
      const { stream, consumer, logger } = this.#deps;
      this.#deps.onState(problem);
      logger.warn({ stream, consumer, problem }, 'lost a share of the keys, taking it over again');
      await delay(PAUSE_MS * (1 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * UNPIN, then RESET to the ack floor, then pull with a fresh inbox: the server sends all that is not acknowledged once
   * more, in the order of the stream, counted from 1. Whatever breaks this row is an end: somebody else was served.
   * @returns what ended it
   */
  async #takeOver(): Promise<string> {
    const { connection, stream, consumer } = this.#deps;
    const { consumers } = await jetstreamManager(connection, { checkAPI: false });
    await consumers.unpin(stream, consumer, PIN_GROUP);
    const { config } = await consumers.info(stream, consumer);
    this.#gate.read(config.metadata);
    await consumers.reset(stream, consumer);
    if (this.#ending.signal.aborted) return 'released';
    this.#deps.onTaken(config.max_ack_pending ?? Infinity);
    this.#deps.onState('');
    const lost = Promise.withResolvers<string>();
    let pinId: string | undefined;
    let served = 0;
    let isOver = false;
    this.#lose = (problem) => {
      isOver = true;
      lost.resolve(problem);
    };
    const pull = new Pull({
      connection,
      stream,
      consumer,
      outbox: this.#deps.outbox,
      pin: () => (pinId === undefined ? { group: PIN_GROUP } : { group: PIN_GROUP, id: pinId }),
      onMessage: (message) => {
        if (isOver) return;
        served += 1;
        if (message.consumerSeq !== served) return this.#lose(`message ${message.consumerSeq} came as ${served}`);
        pinId = message.headers?.get(PIN_ID) || pinId;
        switch (this.#gate.judge(message)) {
          case 'wanted':
            this.#deps.onMessage(message);
            break;
          case 'too-early':
            this.#deps.onTooEarly();
            message.ack();
            break;
          case 'unknown':
            return this.#lose(TOPICS_CHANGED);
        }
        this.#topUp();
      },
      onExpired: () => this.#topUp(),
      onProblem: this.#lose,
    });
    this.#topUp = () => {
      // Until the server has said what it pinned us by, a second request would wait behind the pin of the first.
      if (isOver || (pinId === undefined && pull.requested > 0)) return;
      const room = this.#deps.room(pull.requested);
      if (room > 0) pull.ask(room);
    };
    const sweep = setInterval(() => {
      pull.sweep();
      this.#topUp();
    }, SWEEP_MS);
    this.#topUp();
    try {
      return await lost.promise;
    } finally {
      clearInterval(sweep);
      pull.close();
    }
  }
}
