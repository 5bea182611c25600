import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pauses } from '#cli/local/pauses.ts';
import { BUCKETS, STREAMS } from '#shared/contract.ts';
import { seal } from '#shared/envelope.ts';
import { readNotification } from '#shared/notification.ts';
import { bodyOf, ID } from './load.ts';

/** Longer than any bench. */
const PAUSE_MS = 3_600_000;
/** Stored without waiting in between. */
const GROUP = 500;
/** Digits of an ordinal: those that an id ends with. */
const ORDINAL_DIGITS = 12;

/** The events stream, its consumers and the claims, as whoever fills them and looks on sees them. */
export class Backlog {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #stream: JetStreamClient;
  readonly #claims: KV;
  readonly #webhook: string;
  #ordinal = 0;

  private constructor(connection: NatsConnection, manager: JetStreamManager, claims: KV, webhook: string) {
    this.#connection = connection;
    this.#manager = manager;
    this.#stream = jetstream(connection);
    this.#claims = claims;
    this.#webhook = webhook;
  }

  static async open(natsUrl: string, webhook: string): Promise<Backlog> {
    const connection = await connect({ servers: natsUrl });
    const claims = await new Kvm(connection).open(BUCKETS.claims(webhook));
    return new Backlog(connection, await jetstreamManager(connection), claims, webhook);
  }

  /**
   * Stores a notification for each of these conversations, in this order, as the ingress would. The id of each ends
   * with its ordinal, which grows.
   */
  async store(conversations: readonly number[]): Promise<void> {
    for (const [i, conversation] of conversations.entries()) {
      this.#ordinal += 1;
      const id = ID.slice(0, -ORDINAL_DIGITS) + String(this.#ordinal).padStart(ORDINAL_DIGITS, '0');
      const body = Buffer.from(bodyOf(conversation).replace(ID, id));
      const read = readNotification(body);
      if (read.kind !== 'notification') throw new Error('the body of the bench is no notification');
      const { subject, headers } = seal(this.#webhook, read.notification, Date.now());
      // Sent on one connection, they are stored in their order: the acknowledgement of one is that of all before it.
      const isLastOfGroup = i % GROUP === GROUP - 1 || i === conversations.length - 1;
      if (isLastOfGroup) await this.#stream.publish(subject, body, { headers });
      else this.#connection.publish(subject, body, { headers });
    }
  }

  /** The consumers give nothing out until they are resumed. */
  async pause(consumers: readonly string[]): Promise<void> {
    const until = new Date(Date.now() + PAUSE_MS);
    await Promise.all(consumers.map((name) => this.#manager.consumers.pause(this.#events, name, until)));
  }

  async resume(consumers: readonly string[]): Promise<void> {
    await Promise.all(consumers.map((name) => this.#manager.consumers.resume(this.#events, name)));
  }

  /** Resolves when everything that is in the stream is acknowledged. */
  async untilDrained(consumers: readonly string[], signal: AbortSignal): Promise<void> {
    for await (const _ of pauses(20, signal)) {
      const infos = await Promise.all(consumers.map((name) => this.#manager.consumers.info(this.#events, name)));
      if (infos.every((info) => info.num_pending === 0 && info.num_ack_pending === 0)) return;
    }
  }

  /** How often each record occurs among the claims of a handler, but for who wrote it and when. */
  async records(handler: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const entries = await this.#claims.watch({ key: `${handler}.>`, ignoreDeletes: true });
    for await (const entry of entries) {
      const { owner: _owner, firstAt: _firstAt, ...record } = entry.json<Record<string, unknown>>();
      const text = JSON.stringify(record);
      counts.set(text, (counts.get(text) ?? 0) + 1);
      if (entry.delta === 0) break;
    }
    return counts;
  }

  /** Forgets all messages and all claims. */
  async purge(): Promise<void> {
    await this.#manager.streams.purge(this.#events);
    await this.#manager.streams.purge(`KV_${BUCKETS.claims(this.#webhook)}`);
  }

  /** The ordinal of what was stored last. */
  get ordinal(): number {
    return this.#ordinal;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  get #events(): string {
    return STREAMS.events(this.#webhook);
  }
}
