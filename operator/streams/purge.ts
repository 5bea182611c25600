import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Desired } from './desired.ts';
import { type ConsumerReading, decideRoom, type RoomDecision } from './room.ts';

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

/** Makes room in events streams that are nearly full. To be asked every few seconds; remembers how far streams were. */
export class RoomKeeper {
  readonly #manager: JetStreamManager;
  readonly #nowMs: () => number;
  /** By stream: how far it was at least {@link SETTLING_MS} ago, and lately. */
  readonly #marks = new Map<string, { readonly settled: Mark | null; readonly latest: Mark }>();

  constructor(manager: JetStreamManager, nowMs: () => number) {
    this.#manager = manager;
    this.#nowMs = nowMs;
  }

  /**
   * Everything is read afresh, and from whoever leads.
   * @throws what the client throws when a server that leads stream or consumer does not answer; then nothing was purged
   */
  async keep({ stream, of: wanted }: Desired['consumers']): Promise<RoomOutcome> {
    const info = await this.#manager.streams.info(stream);
    const settledSeq = this.#settledSeq(stream, info);
    const { state, config } = info;
    const decision = decideRoom({
      stream: {
        firstSeq: state.first_seq,
        lastSeq: state.last_seq,
        messages: state.messages,
        bytes: state.bytes,
        maxMessages: config.max_msgs,
        maxBytes: config.max_bytes,
      },
      consumers: await this.#consumers(stream),
      expected: wanted.map(({ durable_name }) => durable_name),
      settledSeq,
    });
    switch (decision.kind) {
      case 'nothing':
      case 'full':
        return decision;
      case 'purge': {
        const { belowSeq } = decision;
        const { purged } = await this.#manager.streams.purge(stream, { seq: belowSeq });
        return { kind: 'purged', belowSeq, messages: purged };
      }
    }
  }

  /** Of a stream that is gone. */
  forget(stream: string): void {
    this.#marks.delete(stream);
  }

  /** The names come from the cluster's own record; a list of infos would leave out those that nobody leads just now. */
  async #consumers(stream: string): Promise<ConsumerReading[]> {
    const readings: ConsumerReading[] = [];
    for await (const name of this.#manager.consumers.names(stream)) {
      const { ack_floor, num_pending, num_ack_pending } = await this.#manager.consumers.info(stream, name);
      readings.push({
        name,
        ackFloorSeq: ack_floor.stream_seq,
        pending: num_pending,
        unacknowledged: num_ack_pending,
      });
    }
    return readings;
  }

  #settledSeq(stream: string, { created, state, cluster }: StreamInfo): number {
    const now: Mark = { created, lastSeq: state.last_seq, atMs: this.#nowMs() };
    const before = this.#marks.get(stream);
    if (before === undefined || before.latest.created !== created) {
      this.#marks.set(stream, { settled: null, latest: now });
      return 0;
    }
    const isOld = now.atMs - before.latest.atMs >= SETTLING_MS;
    const { settled, latest } = isOld ? { settled: before.latest, latest: now } : before;
    this.#marks.set(stream, { settled, latest });
    const isInStep = cluster?.replicas?.every(({ current, offline }) => current && offline !== true) ?? true;
    return isInStep && settled !== null ? Math.min(settled.lastSeq, state.last_seq) : 0;
  }
}
