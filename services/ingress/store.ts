import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { HEADER_ALLOWANCE_BYTES } from '#shared/contract.ts';
import type { Envelope } from '#shared/envelope.ts';
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
/** What may wait for a broker and a disk: 30 000 notifications of 2 KB. Beyond it the answer is 503 at once. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

interface Item extends Publishable {
  readonly deadlineMs: number;
  readonly done: (result: PutResult) => void;
}

export interface JetStreamStoreOptions {
  readonly connection: NatsConnection;
  readonly refuge: Refuge;
  /** Told how each group ended. */
  readonly onGroup: (end: GroupEnd) => void;
}

/**
 * Publishes and waits for the PubAck. What arrives in one turn of the event loop, or while a group is under way, goes as
 * one group: one write here, one PubAck from the broker.
 *
 *     put ──▶ queue ──▶ group ──stored──▶ durable
 *      │                  └──in doubt──▶ refuge ──kept──▶ durable
 *      └──refuge takes it──────────────────▲ └──refused──▶ alone ──▶ durable | unavailable
 */
export class JetStreamStore implements Store {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #groups: GroupPublisher;
  readonly #refuge: Refuge;
  readonly #onGroup: (end: GroupEnd) => void;
  readonly #queue: Item[] = [];
  #waitingBytes = 0;
  #isGroupUnderWay = false;
  #isFlushDue = false;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor({ connection, refuge, onGroup }: JetStreamStoreOptions) {
    this.#connection = connection;
    this.#js = jetstream(connection);
    this.#groups = new GroupPublisher(connection, HEDGE_MS);
    this.#refuge = refuge;
    this.#onGroup = onGroup;
  }

  /** The largest body that fits into a message: as the server said, and as it said last while it is away. */
  maxBodyBytes(): number {
    this.#maxPayload = this.#connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload - HEADER_ALLOWANCE_BYTES;
  }

  put(envelope: Envelope, body: VerifiedBody, done: (result: PutResult) => void): void {
    if (this.#waitingBytes + body.length > MAX_WAITING_BYTES) {
      done({ kind: 'unavailable', error: new Error(`${MAX_WAITING_BYTES} bytes wait for NATS already`) });
      return;
    }
    this.#waitingBytes += body.length;
    const item = { envelope, body, deadlineMs: performance.now() + TOTAL_MS, done };
    // What is not of the events stream is rare, and goes the way that needs no hedge.
    if (envelope.stream !== 'events' || this.#refuge.takes(envelope)) return this.#keep(item);
    this.#queue.push(item);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue || this.#isGroupUnderWay) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const group = this.#queue.splice(0, groupSize(this.#queue));
    this.#isGroupUnderWay = true;
    this.#groups.publish(group, (end) => {
      this.#isGroupUnderWay = false;
      this.#onGroup(end);
      switch (end) {
        case 'stored':
          for (const item of group) this.#settle(item, DURABLE);
          if (this.#queue.length > 0) this.#scheduleFlush();
          return;
        case 'in-doubt':
          this.#refuge.brokerIsAway();
          // Those behind it do not wait for another group to fail.
          for (const item of [...group, ...this.#queue.splice(0)]) this.#keep(item);
      }
    });
  }

  #keep(item: Item): void {
    this.#refuge.keep(item, (result) => {
      if (result.kind === 'durable') return this.#settle(item, result);
      void this.#publishAlone(item);
    });
  }

  async #publishAlone(item: Item): Promise<void> {
    this.#settle(item, await publishAlone(this.#js, item, item.deadlineMs));
  }

  #settle(item: Item, result: PutResult): void {
    this.#waitingBytes -= item.body.length;
    item.done(result);
  }
}
