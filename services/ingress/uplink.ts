import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '#shared/logger.ts';
import { closeNats } from '#shared/nats.ts';

/** A broker that is there is reached within; one that is away holds up nothing, for the spool takes its place. */
const GRACE_MS = 250;

/** The connection to the broker, which may come long after the process is ready. */
export class Uplink {
  readonly #reached: Promise<true>;
  readonly #logger: Logger;
  #connection: NatsConnection | null = null;

  /** @param connected called once, when the broker is reached for the first time */
  constructor(connecting: Promise<NatsConnection>, connected: (connection: NatsConnection) => void, logger: Logger) {
    this.#logger = logger;
    this.#reached = connecting.then((connection) => {
      this.#connection = connection;
      connected(connection);
      logger.info({ server: connection.getServer() }, 'NATS is reached');
      return true;
    });
  }

  /** Resolves when the broker is reached, or is not within {@link GRACE_MS}. */
  async untilReachedOrAway(): Promise<void> {
    if (await Promise.race([this.#reached, delay(GRACE_MS, false)])) return;
    this.#logger.warn('NATS is not reached yet: until it is the spool takes everything');
  }

  async close(): Promise<void> {
    if (this.#connection !== null) await closeNats(this.#connection);
  }
}
