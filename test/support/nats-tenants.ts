import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '#operator/clock.ts';
import type { NatsAccess } from '#operator/credentials/access.ts';
import { type Brokers, type BrokersOptions, createBrokers } from '#operator/credentials/brokers.ts';
import { createIssuer, type Issuer, type IssuerOptions } from '#operator/credentials/issuer.ts';
import { keyPair } from '#operator/credentials/nkey.ts';
import { serverConfig } from '#operator/credentials/server-config.ts';
import { temporaryFolder } from './child.ts';
import { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.ts';

/** A nats-server that has accounts and trusts an operator of the test's own. */
export interface NatsTenants {
  readonly server: NatsServer;
  readonly issuer: Issuer;
  readonly access: NatsAccess;
  /** Where the server keeps what it was told of accounts. */
  readonly accountsDir: string;
  /** Another operator's connections beside `brokers`; closed with the rest. */
  readonly newBrokers: (options?: Partial<BrokersOptions>) => Brokers;
  readonly brokers: Brokers;
  /** What the server has written down of subjects that somebody may not use. */
  readonly refusals: () => string[];
  close: () => Promise<void>;
}

export const newOperatorSeed = (): string => keyPair('operator', randomBytes(32)).seed;

export async function startNatsTenants(
  issued: Partial<IssuerOptions> = {},
  options: NatsServerOptions = {},
): Promise<NatsTenants> {
  const issuer = createIssuer({ operatorSeed: newOperatorSeed(), clusterId: 'test-cluster', ...issued });
  const accountsDir = join(temporaryFolder('nats-accounts'), 'jwt');
  const config = { ...serverConfig(issuer.keys, { dir: accountsDir, nowMs: Date.now() }), ...options.config };
  const server = await startNatsServer({ ...options, config });
  const access: NatsAccess = { kind: 'isolated', issuer };
  const opened: Brokers[] = [];
  const newBrokers = (changes: Partial<BrokersOptions> = {}): Brokers => {
    const brokers = createBrokers({
      servers: { urls: [server.url], caFile: '', name: 'operator' },
      access,
      systemCreds: null,
      clock: systemClock,
      nowMs: Date.now,
      onBack: () => undefined,
      ...changes,
    });
    opened.push(brokers);
    return brokers;
  };
  const close = async () => {
    for (const brokers of opened) await brokers.close();
    await server.close();
  };
  const refusals = () =>
    server
      .log()
      .split('\n')
      .filter((line) => line.includes('Violation'));
  return { server, issuer, access, accountsDir, newBrokers, brokers: newBrokers(), refusals, close };
}
