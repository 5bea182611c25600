import { AuthorizationError, type NatsConnection } from '@nats-io/transport-node';
import { asError } from '#shared/logger.ts';
import { type Clock, sleep } from '../clock.ts';

/** A connection, or why there is none just now. */
export type Broker =
  | { readonly kind: 'connected'; readonly connection: NatsConnection }
  | { readonly kind: 'away'; readonly message: string };

export interface LinkOptions {
  /** One try; what it resolves with connects again by itself when it breaks. */
  readonly connect: () => Promise<NatsConnection>;
  /** There is a connection after one had broken, or could not be had. */
  readonly onBack: () => void;
  readonly clock: Clock;
}

/** Until a first answer, be it a failure. */
const DEADLINE_MS = 3_000;
const RETRY_MS = 1_000;

/**
 * One connection, made when it is first asked for and kept.
 *
 *     connecting ──▶ connected ◀──▶ broken (the client connects again)
 *      ▲  │ failed        └──closed by the client──▶ connecting
 *      └──┘ after 1 s
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #ending = new AbortController();
  #connection: NatsConnection | null = null;
  /** Why there is no connection; '' where nothing is known to be wrong. */
  #problem = '';
  #connecting: Promise<void> | null = null;
  /** Settled by the first try, however it ends. */
  #tried = Promise.withResolvers<void>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Within 3 s; at once where it is known to be away. Never throws. */
  async get(): Promise<Broker> {
    if (this.#ending.signal.aborted) return { kind: 'away', message: 'the connection was closed' };
    this.#begin();
    if (this.#problem === '' && this.#connection === null) await this.#firstAnswer();
    if (this.#problem !== '') return { kind: 'away', message: this.#problem };
    if (this.#connection === null) return { kind: 'away', message: `NATS does not answer within ${DEADLINE_MS} ms` };
    return { kind: 'connected', connection: this.#connection };
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#connection?.close();
    await this.#connecting;
  }

  async #firstAnswer(): Promise<void> {
    const ended = new AbortController();
    const deadline = sleep(this.#options.clock, DEADLINE_MS, ended.signal).catch(() => undefined);
    await Promise.race([this.#tried.promise, deadline]);
    ended.abort();
  }

  #begin(): void {
    if (this.#connection !== null) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
  }

  async #connect(): Promise<void> {
    const { connect, clock } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const connection = await connect().catch(asError);
      if (connection instanceof Error) {
        this.#problem = connection.message;
        this.#tried.resolve();
        await sleep(clock, RETRY_MS, signal).catch(() => undefined);
        continue;
      }
      if (signal.aborted) return connection.close();
      this.#connection = connection;
      void this.#follow(connection);
      this.#tried.resolve();
      return this.#back();
    }
  }

  #back(): void {
    if (this.#problem === '') return;
    this.#problem = '';
    this.#options.onBack();
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#problem = 'the connection to NATS is broken';
      if (status.type === 'reconnect') this.#back();
      // Refused, while it may be for us to bring about that it is not: so everything from the beginning.
      if (status.type === 'error' && status.error instanceof AuthorizationError) await connection.close();
    }
    this.#connection = null;
    this.#problem = 'the connection to NATS was closed';
    if (!this.#ending.signal.aborted) this.#begin();
  }
}
