import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usersOf } from '#operator/credentials/access.ts';
import type { Brokers } from '#operator/credentials/brokers.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { type NatsTenants, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { INGRESS, install, workerOf } from './setup.ts';

trackLeaks();

let tenants: NatsTenants;

beforeEach(async () => {
  tenants = await startNatsTenants();
});

afterEach(() => tenants.close());

async function connected(brokers: Brokers, namespace: string): Promise<NatsConnection> {
  const broker = await brokers.of(namespace);
  if (broker.kind === 'away') throw new Error(broker.message);
  return broker.connection;
}

const limitsOf = async (connection: NatsConnection) =>
  (await (await jetstreamManager(connection, { checkAPI: false })).getAccountInfo()).limits;

/** What the server has written down of every account, by file. */
const accounts = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(tenants.accountsDir, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.jwt'))
      .map((path) => [path, readFileSync(join(tenants.accountsDir, path), 'utf8')]),
  );

describe('the account of a namespace', () => {
  it('is there as soon as somebody asks for a connection into it', async () => {
    const manager = await jetstreamManager(await connected(tenants.brokers, 'a'));
    await manager.streams.add({ name: 'kept', subjects: ['kept'] });
    const again = await jetstreamManager(await connected(tenants.newBrokers(), 'a'));
    expect((await again.streams.info('kept')).config.name).toBe('kept');
    const elsewhere = await jetstreamManager(await connected(tenants.brokers, 'b'));
    await expect(elsewhere.streams.info('kept')).rejects.toThrow('stream not found');
  });

  it('is one connection, however many ask', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => connected(tenants.brokers, 'a')));
    expect(new Set(asked).size).toBe(1);
    expect(await tenants.server.connections()).toEqual(expect.arrayContaining(['operator', 'operator (accounts)']));
    expect(await tenants.server.connections()).toHaveLength(2);
  });

  it('is not written again by an operator that finds it as it should be', async () => {
    await connected(tenants.brokers, 'a');
    const before = accounts();
    await connected(tenants.newBrokers(), 'a');
    expect(accounts()).toEqual(before);
    expect(Object.keys(before)).toHaveLength(2);
  });

  it('gets other limits where they are configured, and keeps who is revoked', async () => {
    const { owner, creds } = await install(tenants, { namespace: 'a', name: 'one' });
    await tenants.brokers.revoke('a', usersOf(tenants.access, owner.uid, [INGRESS]));
    const limits = { ...tenants.issuer.limits, maxStreams: 7, maxDiskBytes: 1_000_000_000 };
    const brokers = tenants.newBrokers({ access: { kind: 'isolated', issuer: { ...tenants.issuer, limits } } });
    expect(await limitsOf(await connected(brokers, 'a'))).toMatchObject({ max_streams: 7, max_storage: 1_000_000_000 });
    await expect(tryToConnect(creds(INGRESS))).rejects.toThrow('Authorization Violation');
  });

  it('is told of again to a server that has forgotten it', async () => {
    const connection = await connected(tenants.brokers, 'a');
    await tenants.server.stop();
    rmSync(tenants.accountsDir, { recursive: true });
    await tenants.server.restart();
    const again = await until(() => connected(tenants.brokers, 'a'), { describe: 'a connection' });
    expect(again).not.toBe(connection);
    await again.flush();
  });
});

const tryToConnect = (content: string): Promise<NatsConnection> =>
  connect({ servers: tenants.server.url, authenticator: credsAuthenticator(Buffer.from(content)) });

describe('a connection', () => {
  const open = async () => (await tenants.server.connections()).filter((name) => name === 'few');

  it('that was not used for half an hour is closed', async () => {
    const clock = createFakeClock();
    const brokers = tenants.newBrokers({ clock, servers: { urls: [tenants.server.url], caFile: '', name: 'few' } });
    const [idle, used] = [await connected(brokers, 'idle'), await connected(brokers, 'used')];
    clock.advance(20 * 60_000);
    expect(await connected(brokers, 'used')).toBe(used);
    clock.advance(11 * 60_000);
    expect(await connected(brokers, 'used')).toBe(used);
    await idle.closed();
    await until(async () => (await open()).length === 1, { describe: 'one connection' });
    expect(await connected(brokers, 'idle')).not.toBe(idle);
  });

  it('makes room for another where there are as many as may be', async () => {
    const servers = { urls: [tenants.server.url], caFile: '', name: 'few' };
    const brokers = tenants.newBrokers({ servers, maxConnections: 2 });
    const first = await connected(brokers, 'a');
    const second = await connected(brokers, 'b');
    await connected(brokers, 'a');
    await connected(brokers, 'c');
    await second.closed();
    expect(first.isClosed()).toBe(false);
    await until(async () => (await open()).length === 2, { describe: 'two connections' });
  });
});

describe('where all processes are one user', () => {
  it('all namespaces have one connection, as that user', async () => {
    const { creds } = await install(tenants, { namespace: 'a', name: 'one' });
    const brokers = tenants.newBrokers({ access: { kind: 'shared', creds: creds(INGRESS) } });
    const connection = await connected(brokers, 'a');
    expect(await connected(brokers, 'b')).toBe(connection);
    expect(await brokers.revoke('a', ['U'])).toEqual({ kind: 'done' });
    expect(await brokers.admit('a', ['U'])).toEqual({ kind: 'done' });
  });

  it('a server that asks for no user is reached without one', async () => {
    const server = await startNatsServer();
    const back: (string | null)[] = [];
    const brokers = tenants.newBrokers({
      access: { kind: 'shared', creds: null },
      servers: { urls: [server.url], caFile: '', name: 'operator' },
      onBack: (namespace) => void back.push(namespace),
    });
    await (await connected(brokers, 'a')).flush();
    await server.stop();
    await until(async () => (await brokers.of('a')).kind === 'away', { describe: 'the loss to be noticed' });
    await server.restart();
    await until(() => back.length > 0, { describe: 'to be told of it' });
    expect(back).toEqual([null]);
    await brokers.close();
    await server.close();
  });
});

describe('while NATS is away', () => {
  it('says so at once, and tells when it is back', async () => {
    const back: (string | null)[] = [];
    const brokers = tenants.newBrokers({ onBack: (namespace) => void back.push(namespace) });
    const connection = await connected(brokers, 'a');
    expect(back).toEqual([]);
    await tenants.server.stop();
    await until(async () => (await brokers.of('a')).kind === 'away', { describe: 'the loss to be noticed' });
    const beganMs = performance.now();
    expect(await brokers.of('a')).toEqual({ kind: 'away', message: 'the connection to NATS is broken' });
    expect(await brokers.of('never-seen')).toMatchObject({ kind: 'away' });
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    await tenants.server.restart();
    await until(() => back.includes('a') && back.includes('never-seen'), { describe: 'both to be told of' });
    expect(await connected(brokers, 'a')).toBe(connection);
    await connection.flush();
  });

  it('answers within 3 s when nothing is heard of it', async () => {
    await tenants.server.freeze();
    const beganMs = performance.now();
    expect(await tenants.brokers.of('a')).toMatchObject({ kind: 'away' });
    expect(performance.now() - beganMs).toBeLessThan(3_500);
    tenants.server.thaw();
    await until(() => connected(tenants.brokers, 'a'), { describe: 'a connection' });
  });

  it('ends nevertheless', async () => {
    const brokers = tenants.newBrokers();
    await tenants.server.stop();
    expect(await brokers.of('a')).toMatchObject({ kind: 'away' });
    await brokers.close();
    expect(await brokers.of('a')).toMatchObject({ kind: 'away', message: 'the connection was closed' });
    await tenants.server.restart();
  });
});

describe('a user that is revoked', () => {
  const spec = { handlers: [{ name: 'h', container: { image: 'registry.example/handler:1.4' } }] };

  it('is cut off and stays out, and nobody else is', async () => {
    const { owner, connectAs, creds } = await install(tenants, { namespace: 'a', name: 'one' }, { spec });
    const [revoked, other] = [await connectAs(INGRESS), await connectAs(workerOf('h'))];
    const seen: string[] = [];
    void (async () => {
      for await (const { type } of revoked.status()) seen.push(type);
    })();
    const stranger = await install(tenants, { namespace: 'b', name: 'one' }, { spec });
    const elsewhere = await stranger.connectAs(INGRESS);

    expect(await tenants.brokers.revoke('a', usersOf(tenants.access, owner.uid, [INGRESS]))).toEqual({ kind: 'done' });
    await until(() => seen.includes('disconnect'), { describe: 'the end of its connection' });
    await expect(tryToConnect(creds(INGRESS))).rejects.toThrow('Authorization Violation');
    await other.flush();
    await elsewhere.flush();
    expect(seen).not.toContain('reconnect');
    for (const connection of [revoked, other, elsewhere]) await connection.close();
  });

  it('is let in again when it is there again, by another operator too', async () => {
    const { owner, creds } = await install(tenants, { namespace: 'a', name: 'one' }, { spec });
    const users = usersOf(tenants.access, owner.uid, [INGRESS, workerOf('h')]);
    await tenants.brokers.revoke('a', users);
    const restarted = tenants.newBrokers();
    expect(await restarted.admit('a', users.slice(1))).toEqual({ kind: 'done' });
    await (await tryToConnect(creds(workerOf('h')))).close();
    await expect(tryToConnect(creds(INGRESS))).rejects.toThrow('Authorization Violation');
  });

  it('stays out when others are revoked at the same moment', async () => {
    const { owner, creds } = await install(tenants, { namespace: 'a', name: 'one' }, { spec });
    const users = usersOf(tenants.access, owner.uid, [INGRESS, workerOf('h')]);
    await Promise.all(users.map((user) => tenants.brokers.revoke('a', [user])));
    for (const role of [INGRESS, workerOf('h')])
      await expect(tryToConnect(creds(role))).rejects.toThrow('Authorization Violation');
  });

  it('is away where NATS is', async () => {
    await tenants.server.stop();
    expect(await tenants.brokers.revoke('a', ['U'])).toMatchObject({ kind: 'away' });
    expect(await tenants.brokers.admit('a', ['U'])).toMatchObject({ kind: 'away' });
    await tenants.server.restart();
  });
});
