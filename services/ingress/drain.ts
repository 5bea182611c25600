import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { InvalidArgumentError, MsgHdrsImpl, type NatsConnection } from '@nats-io/transport-node';
import { MSG_ID } from '#shared/envelope.ts';
import { asError, type Logger } from '#shared/logger.ts';
import { publishAlone } from './publish-alone.ts';
import { GroupPublisher, groupSize, type Publishable } from './publish-group.ts';
import type { StoredRecord } from './spool/record.ts';
import type { Spool } from './spool/spool.ts';

/** Nobody waits for it, and a broker that has just come back is slow. */
const GROUP_MS = 5_000;
const ALONE_MS = 4_000;
/** 200 records, then 5 ms for live traffic: at most 40 000 a second, far less with a real broker's answers. */
const BATCH_RECORDS = 200;
const BREATH_MS = 5;
const RETRY_MS = 500;
/** What no stream takes is offered again this much later: somebody may have raised a limit. */
const STUCK_RETRY_MS = 10_000;
/** JetStream's answer to a message that no stream will take, however often it is tried. */
const TOO_LARGE = 10_054;

export interface DrainDeps {
  readonly spool: Spool;
  /** Called before each reading: gives up what has waited for too long. */
  readonly expire: () => void;
  readonly onBrokerBack: () => void;
  readonly logger: Logger;
}

interface Broker {
  readonly js: JetStreamClient;
  readonly groups: GroupPublisher;
}

/**
 * Publishes what the spool holds, oldest first, one group at a time, and removes it after its PubAck. Runs as long as
 * something is held, once a broker was reached.
 */
export class Drain {
  readonly #deps: DrainDeps;
  readonly #ending = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  #broker: Broker | null = null;
  #isConnected = false;
  #running: Promise<void> | null = null;
  #onWake = (): void => undefined;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
  }

  /** To be called once, when the broker is reached for the first time. What an earlier process left is drained at once. */
  connected(connection: NatsConnection): void {
    this.#broker = { js: jetstream(connection), groups: new GroupPublisher(connection, GROUP_MS) };
    this.#begun.resolve();
    this.reconnected();
  }

  /** What is under way is in doubt at once, and nothing is begun until the connection is back. */
  disconnected(): void {
    this.#isConnected = false;
    this.#broker?.groups.giveUp();
  }

  reconnected(): void {
    this.#isConnected = true;
    this.wake();
  }

  /** To be called when something is held, or may be. */
  wake(): void {
    this.#onWake();
    if (this.#broker === null || this.#running !== null || this.#ending.signal.aborted) return;
    this.#running = this.#run(this.#broker).finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when nothing is held, or when it was ended. */
  async untilEmpty(): Promise<void> {
    if (this.#deps.spool.stats().records > 0) await this.#begun.promise;
    while (this.#deps.spool.stats().records > 0 && !this.#ending.signal.aborted) {
      this.wake();
      await this.#running;
    }
  }

  /** Finishes the group that is under way, and begins no other. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#begun.resolve();
    await this.#running;
  }

  async #run(broker: Broker): Promise<void> {
    // Behind those that no stream takes.
    let afterSeq = 0;
    while (!this.#ending.signal.aborted) {
      if (!this.#isConnected) {
        await this.#untilWoken(RETRY_MS);
        continue;
      }
      this.#deps.expire();
      const records = await this.#deps.spool.oldest(BATCH_RECORDS, afterSeq).catch((error: unknown) => {
        this.#deps.logger.error({ err: asError(error) }, 'spool cannot be read, trying again');
        return null;
      });
      if (records?.length === 0) {
        this.#deps.onBrokerBack();
        if (afterSeq === 0) return;
        if ((await this.#untilWoken(STUCK_RETRY_MS)) === 'elapsed') afterSeq = 0;
        continue;
      }
      const done = records === null ? 'nothing' : await this.#publish(broker, records);
      if (done === 'too-large') afterSeq = records?.[0]?.seq ?? afterSeq;
      if (done !== 'nothing') this.#deps.onBrokerBack();
      await delay(done === 'nothing' ? RETRY_MS : BREATH_MS, undefined, { signal: this.#ending.signal }).catch(
        () => null,
      );
    }
  }

  async #untilWoken(ms: number): Promise<'woken' | 'elapsed'> {
    const woken = new AbortController();
    this.#onWake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, this.#ending.signal]);
    return await delay(ms, 'elapsed' as const, { signal }).catch(() => 'woken' as const);
  }

  /** As many of the first as go together; in doubt, the first alone, so that one that is refused is found. */
  async #publish(
    { groups, js }: Broker,
    records: readonly StoredRecord[],
  ): Promise<'published' | 'too-large' | 'nothing'> {
    const [first] = records;
    if (first === undefined) return 'nothing';
    const ofEvents = records.findIndex(({ record }) => record.stream !== 'events');
    const together = records.slice(0, ofEvents === -1 ? records.length : ofEvents);
    const group = together.slice(0, groupSize(together.map(publishable)));
    if (group.length > 0 && (await publishGroup(groups, group)) === 'stored') {
      this.#deps.spool.remove(group.map(({ seq }) => seq));
      return 'published';
    }
    if (this.#ending.signal.aborted || !this.#isConnected) return 'nothing';
    const result = await publishAlone(js, publishable(first), performance.now() + ALONE_MS);
    if (result.kind === 'durable') {
      this.#deps.spool.remove([first.seq]);
      return 'published';
    }
    if (!isTooLarge(result.error)) return 'nothing';
    this.#deps.logger.error(
      { seq: first.seq, err: result.error },
      'neither server nor stream takes a message as large as one in the spool',
    );
    return 'too-large';
  }
}

function publishGroup(groups: GroupPublisher, group: readonly StoredRecord[]): Promise<'stored' | 'in-doubt'> {
  const { promise, resolve } = Promise.withResolvers<'stored' | 'in-doubt'>();
  groups.publish(group.map(publishable), resolve);
  return promise;
}

/** The second: beyond the server's `max_payload`, which the client compares before it publishes. */
const isTooLarge = (error: Error): boolean =>
  error instanceof JetStreamApiError ? error.code === TOO_LARGE : error instanceof InvalidArgumentError;

function publishable({ record: { stream, subject, key, headers, body } }: StoredRecord): Publishable {
  const fields = Object.fromEntries(headers.map(([name, value]) => [name, [value]]));
  const msgId = fields[MSG_ID]?.[0] ?? '';
  return { envelope: { stream, subject, key, msgId, headers: MsgHdrsImpl.fromRecord(fields) }, body };
}
