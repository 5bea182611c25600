import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { HEADER_ALLOWANCE_BYTES } from '#shared/contract.ts';
import type { Envelope } from '#shared/envelope.ts';
import { asError } from '#shared/logger.ts';
import { ReplyInbox } from '#shared/reply-inbox.ts';
import { MAX_GROUP, readReply, replySubject } from './fast-ingest.ts';
import type { VerifiedBody } from './signature.ts';

export type PutResult = { kind: 'durable' } | { kind: 'unavailable'; error: Error };

/** Where notifications become durable. A spool takes its place in front of JetStream without the route knowing. */
export interface Store {
  /** Calls back, once, with `durable` only when the notification survives the loss of this process. Never throws. */
  put(envelope: Envelope, body: VerifiedBody, done: (result: PutResult) => void): void;
}

/**
 * Intercom waits 5 s, so all tries end before: 800 ms behind a group or in one, then 4 × 700 ms alone and the client's
 * back-off between them (0 + 250 + 250 ms) = 4.1 s.
 */
const TRY_MS = 700;
const TRIES_ALONE = 4;
const TOTAL_MS = 4_500;

/** A group is one write; above this the next messages wait for the next group. */
const MAX_GROUP_BYTES = 1024 * 1024;
/** What may wait for a broker: 30 000 notifications of 2 KB. Beyond it the answer is 503 at once. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** A replicated stream answers so while a try before has no quorum yet. It is an answer, so the client tries no more. */
const STILL_BEING_STORED = 10_158;
const STILL_BEING_STORED_DELAY_MS = 200;

export type GroupEnd = 'stored' | 'in-doubt';

interface Item {
  readonly envelope: Envelope;
  readonly body: VerifiedBody;
  readonly startedMs: number;
  readonly done: (result: PutResult) => void;
}

const DURABLE: PutResult = { kind: 'durable' };

/**
 * Publishes and waits for the PubAck. What arrives in one turn of the event loop, or while a group is under way, goes as
 * one group: one write here, one PubAck from the broker. A group in doubt is published again, one by one. The same
 * `Nats-Msg-Id` each time: what was stored by a try that seemed lost is not stored twice.
 */
export class JetStreamStore implements Store {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #inbox: ReplyInbox;
  readonly #onGroup: (end: GroupEnd) => void;
  readonly #queue: Item[] = [];
  #waitingBytes = 0;
  #isGroupUnderWay = false;
  #isFlushDue = false;
  #maxPayload = Number.POSITIVE_INFINITY;

  /** @param onGroup told how each group ended, for the metrics */
  constructor(connection: NatsConnection, onGroup: (end: GroupEnd) => void = () => undefined) {
    this.#connection = connection;
    this.#onGroup = onGroup;
    this.#js = jetstream(connection);
    this.#inbox = new ReplyInbox(connection, TRY_MS);
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
    const item = { envelope, body, startedMs: performance.now(), done };
    // A batch is of one stream.
    if (envelope.stream !== 'events') return void this.#publishAlone(item);
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
    const group = this.#takeGroup();
    this.#isGroupUnderWay = true;
    const stored = (): true => {
      this.#isGroupUnderWay = false;
      this.#onGroup('stored');
      for (const item of group) this.#settle(item, DURABLE);
      if (this.#queue.length > 0) this.#scheduleFlush();
      return true;
    };
    // Those behind it do not wait for another group to fail.
    const inDoubt = (): true => {
      this.#isGroupUnderWay = false;
      this.#onGroup('in-doubt');
      for (const item of [...group, ...this.#queue.splice(0)]) void this.#publishAlone(item);
      return true;
    };
    const inbox = this.#inbox.open({
      onReply: (reply: Msg) => {
        switch (readReply(reply, group.length)) {
          case 'progress':
            return false;
          case 'stored':
            return stored();
          case 'in-doubt':
            return inDoubt();
        }
      },
      onTimeout: inDoubt,
    });
    try {
      for (const [i, { envelope, body }] of group.entries()) {
        const reply = replySubject(inbox, i, group.length);
        this.#connection.publish(envelope.subject, body, { reply, headers: envelope.headers });
      }
    } catch {
      // The connection is closed, or one is too large for a server that just changed: the time-out sorts it out.
    }
  }

  #takeGroup(): Item[] {
    let bytes = 0;
    let size = 0;
    for (const { body } of this.#queue) {
      bytes += body.length;
      if (size === MAX_GROUP || (size > 0 && bytes > MAX_GROUP_BYTES)) break;
      size += 1;
    }
    return this.#queue.splice(0, size);
  }

  #settle(item: Item, result: PutResult): void {
    this.#waitingBytes -= item.body.length;
    item.done(result);
  }

  async #publishAlone(item: Item): Promise<void> {
    this.#settle(item, await this.#tryAlone(item));
  }

  async #tryAlone({ envelope: { subject, headers }, body, startedMs }: Item): Promise<PutResult> {
    for (let retries = TRIES_ALONE; ; ) {
      try {
        await this.#js.publish(subject, body, { headers, timeout: TRY_MS, retries });
        return DURABLE;
      } catch (error) {
        const leftMs = startedMs + TOTAL_MS - performance.now() - STILL_BEING_STORED_DELAY_MS;
        if (!isStillBeingStored(error) || leftMs < TRY_MS) return { kind: 'unavailable', error: asError(error) };
        // Each try with the longest back-off behind it.
        retries = Math.max(1, Math.floor(leftMs / (TRY_MS + 500)));
      }
      await delay(STILL_BEING_STORED_DELAY_MS);
    }
  }
}

const isStillBeingStored = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === STILL_BEING_STORED;
