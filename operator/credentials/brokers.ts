import type { Clock } from '../clock.ts';
import type { NatsAccess } from './access.ts';
import { type Broker, Link } from './link.ts';
import { open, type Servers } from './open.ts';
import { type Done, Tenants } from './tenants.ts';

export interface BrokersOptions {
  readonly servers: Servers;
  readonly access: NatsAccess;
  /** Of a user of the system account; null = that account is ours too, as `serverConfig` makes it. */
  readonly systemCreds: string | null;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** There is a connection again: for one namespace, or, with null, for all. */
  readonly onBack: (namespace: string | null) => void;
  /** Beyond this the one that was not used for longest is closed. Default 1000. */
  readonly maxConnections?: number;
}

/** The operator's own connections. */
export interface Brokers {
  /** Into the account of a namespace, which the servers know then. Answers within 3 s, never throws. */
  of(namespace: string): Promise<Broker>;
  /** Lets in again who may have been revoked: public keys. Asks the servers only where one was. */
  admit(namespace: string, users: readonly string[]): Promise<Done>;
  /** What was issued to these users until now is void, and who is connected by it is cut off. */
  revoke(namespace: string, users: readonly string[]): Promise<Done>;
  close(): Promise<void>;
}

/** Connects when it is first asked for a connection. */
export function createBrokers(options: BrokersOptions): Brokers {
  const { access, onBack } = options;
  switch (access.kind) {
    case 'isolated':
      return new Tenants({ ...options, issuer: access.issuer });
    case 'shared': {
      const connect = () => open(options.servers, () => access.creds);
      const link = new Link({ connect, onBack: () => onBack(null), clock: options.clock });
      return { of: () => link.get(), admit: unasked, revoke: unasked, close: () => link.close() };
    }
  }
}

/** Where all are one user, none can be told from the others. */
const unasked = async (): Promise<Done> => ({ kind: 'done' });
