import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { HEADERS } from '#shared/contract.ts';

/** The events stream, as whoever checks what was stored sees it. */
export class Storage {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #stream: string;

  private constructor(connection: NatsConnection, manager: JetStreamManager, stream: string) {
    this.#connection = connection;
    this.#manager = manager;
    this.#stream = stream;
  }

  static async open(natsUrl: string, stream: string): Promise<Storage> {
    const connection = await connect({ servers: natsUrl });
    return new Storage(connection, await jetstreamManager(connection), stream);
  }

  async count(): Promise<number> {
    return (await this.#manager.streams.info(this.#stream)).state.messages;
  }

  async purge(): Promise<void> {
    await this.#manager.streams.purge(this.#stream);
  }

  /**
   * The newest messages by their key: subject and headers, without what differs from one request to the next. Lists of
   * ids are sets.
   */
  async shapes(): Promise<Map<string, string>> {
    const { first_seq: first, last_seq: last } = (await this.#manager.streams.info(this.#stream)).state;
    const shapes = new Map<string, string>();
    for (let seq = first; seq <= last; seq++) {
      const message = await this.#manager.streams.getMessage(this.#stream, { seq });
      if (message === null) continue;
      const { header: hdrs, subject } = message;
      const headers = hdrs
        .keys()
        .filter((name) => !DIFFERENT_EACH_TIME.has(name))
        .toSorted()
        .map((name) => [name, hdrs.get(name).split(' ').toSorted()]);
      shapes.set(hdrs.get(HEADERS.key), JSON.stringify({ subject, headers, bytes: message.data.length }));
    }
    return shapes;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

const DIFFERENT_EACH_TIME: ReadonlySet<string> = new Set(['Nats-Msg-Id', HEADERS.id, HEADERS.receivedAt]);
