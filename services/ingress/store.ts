import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { HEADER_ALLOWANCE_BYTES } from '#shared/contract.ts';
import type { Envelope } from '#shared/envelope.ts';
import { LIMITS, WAITING_OVERHEAD_BYTES } from './limits.ts';
import { DURABLE, type PutResult, publishAlone } from './publish-alone.ts';
import { type GroupEnd, GroupPublisher, groupSize, type Publishable } from './publish-group.ts';
import type { Refuge } from './refuge.ts';
import type { VerifiedBody } from './signature.ts';

/** Where notifications become durable. */
export interface Store {
  /** Calls back, once, with `durable` only when the notification survives the loss of this process. Never throws. */
  put(envelope: Envelope, body: VerifiedBody, done: (result: PutResult) => void): void;
}

/** Intercom waits 5 s; a group and what follows it have this long. */
const TOTAL_MS = 4_500;
/** Until a group is in doubt: an answer after 500 ms costs priority at Intercom, and the disk wants a part of it. */
const HEDGE_MS = 250;

/** Who has waited for so long for the group before cannot wait for one of its own within the hedge. */
const LATE_MS = 150;

interface Item extends Publishable {
  readonly atMs: number;
  readonly done: (result: PutResult) => void;
}

/** A broker that was reached, and may be away again. */
interface Broker {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly groups: GroupPublisher;
}

export interface JetStreamStoreOptions {
  readonly refuge: Refuge;
  /** Told how each group ended. */
  readonly onGroup: (end: GroupEnd) => void;
}

/**
 * Publishes and waits for the PubAck; until a broker was reached everything goes to the refuge. What arrives in one turn
 * of the event loop, or while a group is under way, goes as one group: one write here, one PubAck from the broker.
 *
 *     put ──▶ queue ──▶ group ──stored──▶ durable
 *      │                  └──in doubt──▶ refuge ──kept──▶ durable
 *      └──refuge takes it──────────────────▲ └──refused──▶ alone ──▶ durable | unavailable
 */
export class JetStreamStore implements Store {
  readonly #refuge: Refuge;
  readonly #onGroup: (end: GroupEnd) => void;
  readonly #queue: Item[] = [];
  #broker: Broker | null = null;
  #waitingBytes = 0;
  #aloneBytes = 0;
  #isGroupUnderWay = false;
  #isFlushDue = false;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor({ refuge, onGroup }: JetStreamStoreOptions) {
    this.#refuge = refuge;
    this.#onGroup = onGroup;
  }

  /** To be called once, when the broker is reached for the first time. */
  connected(connection: NatsConnection): void {
    this.#broker = { connection, js: jetstream(connection), groups: new GroupPublisher(connection, HEDGE_MS) };
  }

  /** What is under way is in doubt at once. */
  disconnected(): void {
    this.#broker?.groups.giveUp();
  }

  /** Of all that wait, with {@link WAITING_OVERHEAD_BYTES} for each. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * The largest body that fits into a message: as the server said, and as it said last while it is away. Infinite until
   * one was reached: a record that is too large after all stays in the spool, a 413 would be an error that Intercom counts.
   */
  maxBodyBytes(): number {
    this.#maxPayload = this.#broker?.connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload - HEADER_ALLOWANCE_BYTES;
  }

  put(envelope: Envelope, body: VerifiedBody, done: (result: PutResult) => void): void {
    if (this.#waitingBytes + memoryOf(body) > LIMITS.maxWaitingBytes) return done(NO_ROOM);
    this.#waitingBytes += memoryOf(body);
    const item = { envelope, body, atMs: performance.now(), done };
    // What is not of the events stream is rare, and goes the way that needs no hedge.
    const broker = this.#broker;
    if (broker === null || envelope.stream !== 'events' || this.#refuge.takes(envelope)) return this.#keep(item);
    this.#queue.push(item);
    this.#scheduleFlush(broker);
  }

  #scheduleFlush(broker: Broker): void {
    if (this.#isFlushDue || this.#isGroupUnderWay) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush(broker));
  }

  #flush(broker: Broker): void {
    this.#isFlushDue = false;
    const group = this.#queue.splice(0, groupSize(this.#queue));
    this.#isGroupUnderWay = true;
    broker.groups.publish(group, (end) => {
      this.#isGroupUnderWay = false;
      this.#onGroup(end);
      switch (end) {
        case 'stored':
          for (const item of group) this.#settle(item, DURABLE);
          this.#keepLate();
          if (this.#queue.length > 0) this.#scheduleFlush(broker);
          return;
        case 'in-doubt':
          this.#refuge.brokerIsAway();
          // Those behind it do not wait for another group to fail.
          for (const item of [...group, ...this.#queue.splice(0)]) this.#keep(item);
      }
    });
  }

  /** The oldest first, and with each those behind it of the same key: {@link Refuge.takes} says so. */
  #keepLate(): void {
    const late = performance.now() - LATE_MS;
    for (const item of this.#queue.splice(0)) {
      if (item.atMs < late || this.#refuge.takes(item.envelope)) this.#keep(item);
      else this.#queue.push(item);
    }
  }

  #keep(item: Item): void {
    this.#refuge.keep(item, (result) => {
      if (result.kind === 'durable') return this.#settle(item, result);
      const { length } = item.body;
      // What was tried stands in the client's buffer, once for each try, while the broker reads nothing.
      const hasRoom = this.#aloneBytes === 0 || this.#aloneBytes + length <= LIMITS.maxAloneBytes;
      if (this.#broker === null || !hasRoom) return this.#settle(item, result);
      void this.#publishAlone(this.#broker, item);
    });
  }

  async #publishAlone({ js }: Broker, item: Item): Promise<void> {
    this.#aloneBytes += item.body.length;
    const result = await publishAlone(js, item, item.atMs + TOTAL_MS);
    this.#aloneBytes -= item.body.length;
    this.#settle(item, result);
  }

  #settle(item: Item, result: PutResult): void {
    this.#waitingBytes -= memoryOf(item.body);
    item.done(result);
  }
}

const memoryOf = (body: Uint8Array): number => body.length + WAITING_OVERHEAD_BYTES;

const NO_ROOM: PutResult = {
  kind: 'no-room',
  error: new Error(`${LIMITS.maxWaitingBytes} bytes wait for NATS or the disk already`),
};
