import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { type ConsumerReading, decideRoom, type Reading, type RoomDecision } from './room.ts';

export type RoomOutcome =
  | Exclude<RoomDecision, { kind: 'purge' }>
  | { readonly kind: 'purged'; readonly belowSeq: number; readonly messages: number };

/** Twice the time after which a server without its cluster gives up leading: no replica is further behind and answers. */
const SETTLING_MS = 20_000;

interface Mark {
  /** Of the stream: one that is made again begins anew. */
  readonly created: string;
  readonly lastSeq: number;
  readonly atMs: number;
}

/** Makes room in one events stream when it is nearly full. To be asked every few seconds; remembers how far the stream was. */
export class RoomKeeper {
  readonly #manager: JetStreamManager;
  readonly #stream: string;
  readonly #nowMs: () => number;
  /** How far the stream was at least {@link SETTLING_MS} ago, and lately. */
  #settled: Mark | null = null;
  #latest: Mark | null = null;
  #reading: Reading | null = null;

  constructor(manager: JetStreamManager, stream: string, nowMs: () => number) {
    this.#manager = manager;
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  /**
   * Everything is read afresh, and from whoever leads.
   * @param expected names of the consumers that must be there
   * @throws what the client throws when a server that is asked does not answer; then nothing was purged, as far as we know
   */
  async keep(expected: readonly string[]): Promise<RoomOutcome> {
    const info = await this.#manager.streams.info(this.#stream);
    const settledSeq = this.#settledSeq(info);
    const { state, config } = info;
    this.#reading = {
      stream: {
        firstSeq: state.first_seq,
        lastSeq: state.last_seq,
        messages: state.messages,
        bytes: state.bytes,
        maxMessages: config.max_msgs,
        maxBytes: config.max_bytes,
        consumers: state.consumer_count,
      },
      consumers: await this.#consumers(),
      expected,
      settledSeq,
    };
    const decision = decideRoom(this.#reading);
    switch (decision.kind) {
      case 'nothing':
      case 'full':
        return decision;
      case 'purge': {
        const { belowSeq } = decision;
        const { purged } = await this.#manager.streams.purge(this.#stream, { seq: belowSeq });
        return { kind: 'purged', belowSeq, messages: purged };
      }
    }
  }

  /** What was read last. */
  get reading(): Reading | null {
    return this.#reading;
  }

  /** Each as the server says that leads it; one that nobody leads just now is left out. */
  async #consumers(): Promise<ConsumerReading[]> {
    const readings: ConsumerReading[] = [];
    for await (const { name, ack_floor, num_pending, num_ack_pending } of this.#manager.consumers.list(this.#stream)) {
      const ackFloorSeq = ack_floor.stream_seq;
      readings.push({ name, ackFloorSeq, pending: num_pending, unacknowledged: num_ack_pending });
    }
    return readings;
  }

  #settledSeq({ created, state, cluster }: StreamInfo): number {
    const now: Mark = { created, lastSeq: state.last_seq, atMs: this.#nowMs() };
    if (this.#latest === null || this.#latest.created !== created) {
      this.#settled = null;
      this.#latest = now;
    } else if (now.atMs - this.#latest.atMs >= SETTLING_MS) {
      this.#settled = this.#latest;
      this.#latest = now;
    }
    const isInStep = cluster?.replicas?.every(({ current, offline }) => current && !offline) ?? true;
    return isInStep ? Math.min(this.#settled?.lastSeq ?? 0, state.last_seq) : 0;
  }
}
