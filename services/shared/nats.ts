import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  createInbox,
  credsAuthenticator,
  type NatsConnection,
} from '@nats-io/transport-node';
import { asError, type Logger } from './logger.ts';
import { logAbsence } from './nats-absence.ts';
import { type NatsServers, natsTls } from './nats-tls.ts';

export interface NatsTarget extends NatsServers {
  /** Shown by the server's monitoring: process and pod. */
  readonly name: string;
  /** A file with a user's JWT and seed; empty = none. */
  readonly credsFile: string;
  /** One of `INBOXES`. */
  readonly inboxPrefix: string;
}

/**
 * Connects, and stays connected: waits for a server that is not there yet, reconnects for ever, also to one that refuses
 * us for a while, and notices a dead connection within 4.5 s, so that a worker can write down what was handled before its
 * claim (10 s) runs out. What is in flight when the connection breaks fails at its own deadline.
 */
export async function connectNats(target: NatsTarget, logger: Logger): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    servers: [...target.urls],
    name: target.name,
    inboxPrefix: target.inboxPrefix,
    ...(target.credsFile === '' ? {} : { authenticator: credsFrom(target.credsFile, logger) }),
    ...natsTls(target),
    maxReconnectAttempts: -1,
    // Else a second refusal in a row closes the connection for good, while the process lives on without it.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 1_500,
    maxPingOut: 2,
    // A connection that breaks in the middle of its handshake is not noticed by the client before this.
    timeout: 2_000,
    noAsyncTraces: true,
  };
  const absence = new AbortController();
  void logAbsence(target, { options, logger, signal: absence.signal });
  try {
    const connection = await connect({ ...options, waitOnFirstConnect: true });
    void logStatus(connection, (signal) => logAbsence(target, { options, logger, signal }), logger);
    return connection;
  } finally {
    absence.abort();
  }
}

/**
 * Reads the file for each connection: when the server ends one whose credentials have expired, new ones have been there
 * for long. Throws nothing, for that would close the connection for good: without credentials it is refused and tried again.
 */
const credsFrom =
  (path: string, logger: Logger): Authenticator =>
  (nonce) => {
    try {
      return credsAuthenticator(readFileSync(path))(nonce);
    } catch (error) {
      logger.error({ path, err: asError(error) }, 'credentials for nats cannot be read');
      return undefined;
    }
  };

/** An inbox below the prefix of the connection, which the client keeps among its options and its interface does not show. */
export const newInbox = (connection: NatsConnection & { readonly options?: ConnectionOptions }): string =>
  createInbox(connection.options?.inboxPrefix);

/** Flushes what is buffered and closes; a server that is away does not hold it. */
export async function closeNats(connection: NatsConnection): Promise<void> {
  if (connection.isClosed()) return;
  await connection.drain().catch(() => connection.close());
}

async function logStatus(
  connection: NatsConnection,
  onAway: (untilBack: AbortSignal) => Promise<void>,
  logger: Logger,
): Promise<void> {
  let away = new AbortController();
  for await (const status of connection.status()) {
    if (status.type === 'reconnect') away.abort();
    if (status.type === 'disconnect') {
      away = new AbortController();
      void onAway(away.signal);
    }
    if (status.type === 'disconnect' || status.type === 'reconnect')
      logger.warn({ event: status.type }, 'nats connection');
    if (status.type === 'error') logger.warn({ event: status.type, err: status.error }, 'nats connection');
  }
  away.abort();
}
