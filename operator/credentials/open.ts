import { type Authenticator, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { INBOXES } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';
import { type NatsServers, natsTls, unreachable } from '#shared/nats-tls.ts';

export interface Servers extends NatsServers {
  /** Shown by the servers' monitoring: `operator <pod>`. */
  readonly name: string;
}

/**
 * Connects, by one try at each server, and then stays connected.
 * @param creds asked anew for each connection, so that none is made with expired ones; null = none are needed
 * @throws Error where no server lets us in, with why the last did not
 */
export const open = (servers: Servers, creds: () => string | null): Promise<NatsConnection> =>
  connect({
    servers: [...servers.urls],
    name: servers.name,
    inboxPrefix: INBOXES.operator,
    authenticator: loggedInBy(creds),
    ...natsTls(servers),
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
    throw unreachable(servers, asError(cause));
  });

const loggedInBy =
  (creds: () => string | null): Authenticator =>
  (nonce) => {
    const content = creds();
    return content === null ? undefined : credsAuthenticator(Buffer.from(content))(nonce);
  };
