import { type Authenticator, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { INBOXES } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';

export interface Servers {
  /** Of one cluster. */
  readonly urls: readonly string[];
  /** Shown by the servers' monitoring: `operator <pod>`. */
  readonly name: string;
}

/**
 * Connects, by one try at each server, and then stays connected.
 * @param creds asked anew for each connection, so that none is made with expired ones; null = none are needed
 * @throws Error where no server lets us in, with why the last did not
 */
export const open = ({ urls, name }: Servers, creds: () => string | null): Promise<NatsConnection> =>
  connect({
    servers: [...urls],
    name,
    inboxPrefix: INBOXES.operator,
    authenticator: loggedInBy(creds),
    maxReconnectAttempts: -1,
    // Else a second refusal in a row closes the connection for good.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 2_000,
    maxPingOut: 2,
    timeout: 2_000,
    noAsyncTraces: true,
  }).catch((cause: unknown) => {
    throw new Error(`NATS cannot be reached at ${urls.join(', ')}: ${asError(cause).message}`, { cause });
  });

const loggedInBy =
  (creds: () => string | null): Authenticator =>
  (nonce) => {
    const content = creds();
    return content === null ? undefined : credsAuthenticator(Buffer.from(content))(nonce);
  };
