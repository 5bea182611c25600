import type { NatsConnection } from '@nats-io/transport-node';
import { CONSUMERS, PARTITIONS, STREAMS, SUBJECTS } from '#shared/contract.ts';
import { asError, type Logger } from '#shared/logger.ts';
import type { Message } from '../message.ts';
import type { Outbox } from '../outbox.ts';
import { OVER, type Worked } from '../worked.ts';
import { assign } from './assignment.ts';
import { Heartbeats } from './heartbeats.ts';
import { type HeldMessage, hold, whole } from './held-message.ts';
import { Partition } from './partition.ts';
import { Runner } from './runner.ts';

export interface OrderedDeps {
  readonly connection: NatsConnection;
  readonly webhook: string;
  readonly handler: string;
  /** Names this process among the workers of the handler. */
  readonly self: string;
  /** Calls at once. */
  readonly concurrency: number;
  readonly outbox: Outbox;
  readonly work: (message: Message) => Promise<Worked>;
  /** How long the handler must be left alone; 0 = not at all. */
  readonly pauseMs: () => number;
  readonly onTakeover: () => void;
  readonly onTooEarly: () => void;
  /** Told what keeps it from working; empty = nothing. */
  readonly onState: (problem: string) => void;
  readonly logger: Logger;
}

/** Where the body of a message cannot be had now. */
const FETCH_AGAIN_MS = 1_000;

/** Consumes the shares of an ordered handler's messages that fall to this worker, as long as they do. */
export class OrderedConsumption {
  readonly #deps: OrderedDeps;
  readonly #runner: Runner<HeldMessage>;
  readonly #heartbeats: Heartbeats;
  readonly #partitions = new Map<number, Partition>();
  readonly #problems = new Map<number, string>();
  /** How many messages of a partition may be held until the server sends no more of it. */
  readonly #limits = new Map<number, number>();
  readonly #watch: NodeJS.Timeout;
  #generation = 0;

  constructor(deps: OrderedDeps) {
    this.#deps = deps;
    const { connection, webhook, handler, self, concurrency, pauseMs } = deps;
    this.#runner = new Runner({
      concurrency,
      pauseMs,
      work: (held) => this.#work(held),
      // What is due later is looked at once an hour: Node's timers do not reach further than 25 days.
      after: (delayMs, callback) => void setTimeout(callback, Math.min(delayMs, LONGEST_WAIT_MS)),
      onChange: () => this.#topUp(),
    });
    this.#heartbeats = new Heartbeats({
      connection,
      subject: SUBJECTS.heartbeat(webhook, handler),
      self,
      onMembers: (members) => this.#onMembers(members),
    });
    this.#watch = setInterval(() => this.#warnWhenFull(), WATCH_MS);
    void this.#watchConnection();
  }

  get inFlight(): number {
    return this.#runner.running;
  }

  /** Messages that were pulled and are not over. */
  get held(): number {
    return this.#runner.size;
  }

  /** Of the fullest share, 0 to 1: at 1 all keys of its slots wait for those that are to be tried again. */
  get fullness(): number {
    const shares = [...this.#partitions.keys()];
    return Math.max(0, ...shares.map((each) => this.#runner.heldOf(each) / (this.#limits.get(each) ?? Infinity)));
  }

  /** Begins nothing more, tells the others, and waits for what has begun. */
  async end(): Promise<void> {
    clearInterval(this.#watch);
    this.#onMembers([]);
    this.#heartbeats.close();
    await this.#runner.untilIdle();
  }

  #onMembers(members: readonly string[]): void {
    const { self, handler, logger } = this.#deps;
    const owners = assign(PARTITIONS, members);
    const mine = owners.flatMap((owner, partition) => (owner === self ? [partition] : []));
    logger.info({ handler, workers: members.length, shares: mine }, 'shares of the keys');
    for (const [partition, held] of this.#partitions) {
      if (mine.includes(partition)) continue;
      this.#partitions.delete(partition);
      this.#problems.delete(partition);
      this.#runner.end(partition);
      void held.release();
    }
    for (const partition of mine) if (!this.#partitions.has(partition)) this.#open(partition);
    this.#tellState(members.length === 0 ? this.#unheard : '');
  }

  get #unheard(): string {
    const { webhook, handler } = this.#deps;
    return `its own heartbeats on ${SUBJECTS.heartbeat(webhook, handler)} do not come back yet: may it publish and listen there?`;
  }

  #open(partition: number): void {
    const { connection, webhook, handler, outbox, logger } = this.#deps;
    let generation = 0;
    const held: Partition = new Partition({
      connection,
      stream: STREAMS.events(webhook),
      consumer: CONSUMERS.ordered(handler, partition),
      outbox,
      logger,
      onTaken: (limit) => {
        this.#limits.set(partition, limit);
        if (this.#partitions.get(partition) !== held) return;
        this.#deps.onTakeover();
        this.#generation += 1;
        generation = this.#generation;
        this.#runner.begin(partition, generation);
      },
      onTooEarly: () => this.#deps.onTooEarly(),
      onMessage: (message) => {
        const { bytes: heldBytes } = this.#runner;
        this.#runner.add(hold(message, { partition, generation, heldBytes }));
      },
      room: (requested) => this.#room(requested),
      onState: (problem) => {
        this.#problems.set(partition, problem);
        this.#tellState('');
      },
    });
    this.#partitions.set(partition, held);
  }

  /** Enough keys to be never without work; what cannot be worked on yet does not count, or one key would stop all. */
  #room(requested: number): number {
    const wanted = 2 * this.#deps.concurrency + MIN_AHEAD;
    const lacking = wanted - this.#runner.ready - requested;
    return requested === 0 || lacking >= wanted / 2 ? Math.max(0, lacking) : 0;
  }

  #topUp(): void {
    for (const partition of this.#partitions.values()) partition.topUp();
  }

  async #work(held: HeldMessage): Promise<Worked> {
    const { connection, webhook, work, logger } = this.#deps;
    try {
      const message = await whole(held, { connection, stream: STREAMS.events(webhook) });
      if (message !== null) return await work(message);
      logger.error({ seq: held.message.seq }, 'message expired before its turn came: its retention has ended');
      return OVER;
    } catch (error) {
      logger.warn({ seq: held.message.seq, err: asError(error) }, 'message waits, its body could not be read');
      return { kind: 'later', delayMs: FETCH_AGAIN_MS, because: 'trouble' };
    }
  }

  #tellState(problem: string): void {
    const [first = ''] = [...this.#problems.values()].filter((each) => each !== '');
    this.#deps.onState(problem === '' ? first : problem);
  }

  #warnWhenFull(): void {
    const { fullness } = this;
    if (fullness < NEARLY_FULL) return;
    const percent = Math.round(100 * fullness);
    this.#deps.logger.error(
      { percent, held: this.held },
      'so much waits for retries that other keys will wait with it',
    );
  }

  /** What was sent while the connection was broken is lost, in both directions. */
  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#deps.connection.status()) {
      if (type !== 'reconnect') continue;
      for (const partition of this.#partitions.values()) partition.lose('the connection was broken');
    }
  }
}

const LONGEST_WAIT_MS = 3_600_000;
const WATCH_MS = 10_000;
const NEARLY_FULL = 0.8;
/** Beside twice the concurrency: a request is worth it only for several. */
const MIN_AHEAD = 16;
