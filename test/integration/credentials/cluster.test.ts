import { join } from 'node:path';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { systemClock } from '#operator/clock.ts';
import { type NatsAccess, usersOf } from '#operator/credentials/access.ts';
import { type Brokers, createBrokers } from '#operator/credentials/brokers.ts';
import { createIssuer, credsOf } from '#operator/credentials/issuer.ts';
import { serverConfig } from '#operator/credentials/server-config.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { newOperatorSeed } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';
import { INGRESS, workerOf } from './setup.ts';

trackLeaks();

const issuer = createIssuer({ operatorSeed: newOperatorSeed(), clusterId: 'test-cluster' });
const ACCESS: NatsAccess = { kind: 'isolated', issuer };
const owner = { uid: 'the-uid' };
const INGRESS_USER = usersOf(ACCESS, owner.uid, [INGRESS]);
const WORKER_USER = usersOf(ACCESS, owner.uid, [workerOf('support')]);

const servers: NatsServer[] = [];
const opened: Brokers[] = [];

beforeAll(async () => {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const started = ports.map((port, i) => {
    const dir = join(temporaryFolder('nats-accounts'), 'jwt');
    const cluster = { name: 'three', listen: `127.0.0.1:${port}`, routes };
    const config = { ...serverConfig(issuer.keys, { dir, nowMs: Date.now() }), server_name: `server-${i}`, cluster };
    return startNatsServer({ config });
  });
  servers.push(...(await Promise.all(started)));
});

afterAll(async () => {
  for (const brokers of opened) await brokers.close();
  for (const server of servers) await server.close();
});

/** An operator that knows one server only. */
function brokersAt(server: NatsServer | undefined): Brokers {
  const brokers = createBrokers({
    servers: { urls: [server?.url ?? ''], caFile: '', name: 'operator' },
    access: ACCESS,
    systemCreds: null,
    clock: systemClock,
    nowMs: Date.now,
    onBack: () => undefined,
  });
  opened.push(brokers);
  return brokers;
}

/** `in`, or what the server says. */
async function login(server: NatsServer | undefined, role = INGRESS): Promise<string> {
  const creds = credsOf(issuer, webhook(), owner, { role, nowMs: Date.now() });
  try {
    const connection = await connect({
      servers: server?.url ?? '',
      authenticator: credsAuthenticator(Buffer.from(creds)),
    });
    await connection.close();
    return 'in';
  } catch (error) {
    return String(error);
  }
}

describe('a cluster of servers', () => {
  it('knows of an account everywhere, whichever server was told', async () => {
    expect(await brokersAt(servers[0]).of('crm')).toMatchObject({ kind: 'connected' });
    for (const server of servers) {
      await until(async () => (await login(server)) === 'in', { describe: `${server.url} to let it in` });
    }
  });

  it('forgets no revocation where one server has missed it, and that one is asked first', async () => {
    const [first, , last] = servers;
    await last?.stop();
    expect(await brokersAt(first).revoke('crm', INGRESS_USER)).toEqual({ kind: 'done' });
    await last?.restart();
    const brokers = brokersAt(last);
    const revoked = async () => (await brokers.revoke('crm', WORKER_USER)).kind === 'done';
    await until(revoked, { describe: 'the server that was away to take another revocation' });
    for (const server of servers) {
      for (const role of [INGRESS, workerOf('support')]) {
        await until(async () => (await login(server, role)).includes('Authorization Violation'), {
          describe: `${server.url} to refuse ${role.kind}`,
        });
      }
    }
  });
});
