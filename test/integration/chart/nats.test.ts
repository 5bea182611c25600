import { dirname } from 'node:path';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#operator/clock.ts';
import { type Brokers, createBrokers } from '#operator/credentials/brokers.ts';
import { createIssuer } from '#operator/credentials/issuer.ts';
import { createAuthority } from '#test/support/authority.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type RenderedNats, type RenderedNatsOptions, startRenderedNats } from './rendered-nats.ts';

trackLeaks();

/** The servers, and the operator's own connections with the seed of the Secret. */
async function arrange(options: RenderedNatsOptions, caFile = ''): Promise<{ nats: RenderedNats; brokers: Brokers }> {
  const nats = await startRenderedNats(options);
  const brokers = createBrokers({
    servers: { urls: nats.urls, name: 'operator', caFile },
    access: { kind: 'isolated', issuer: createIssuer({ operatorSeed: nats.seed, clusterId: 'test' }) },
    systemCreds: null,
    clock: systemClock,
    nowMs: Date.now,
    onBack: () => undefined,
  });
  onTestFinished(async () => {
    await brokers.close();
    await nats.close();
  });
  return { nats, brokers };
}

async function addStream(brokers: Brokers, copies: number) {
  const broker = await brokers.of('crm');
  if (broker.kind === 'away') throw new Error(broker.message);
  const manager = await jetstreamManager(broker.connection);
  const { config, cluster } = await manager.streams.add({
    name: 'icw_test',
    subjects: ['icw.test.>'],
    storage: StorageType.File,
    num_replicas: copies,
    max_bytes: 1024 * 1024,
  });
  return { copies: config.num_replicas, others: cluster?.replicas?.length ?? 0, info: broker.connection.info };
}

const streamSoon = (brokers: Brokers, copies: number) =>
  until(() => addStream(brokers, copies), { describe: `a stream of ${copies}`, timeoutMs: 30_000 });

/** What a server writes that refuses another, and that is refused. */
const REFUSAL = 'Authorization Violation';

const THREE = { nats: { replicas: 3 } };

it('one server lets in the operator by the seed of the Secret, and stores what it asks for', async () => {
  const { brokers } = await arrange({ values: {} });
  const { copies, info } = await streamSoon(brokers, 1);
  expect(copies).toBe(1);
  expect(info).toMatchObject({ max_payload: 4 * 1024 * 1024, server_name: 'icwo-intercom-operator-nats-0' });
});

it('three servers find each other, and keep three copies', async () => {
  const { nats, brokers } = await arrange({ values: THREE });
  expect(await streamSoon(brokers, 3)).toMatchObject({ copies: 3, others: 2 });
  expect(nats.servers.filter((server) => server.log().includes(REFUSAL))).toEqual([]);
});

it('three servers with TLS find each other, and let in who knows their authority', async () => {
  const { caFile } = await createAuthority();
  const values = { nats: { ...THREE.nats, tls: { secretName: 'nats-tls' } } };
  const { nats, brokers } = await arrange({ values, tlsFolder: dirname(caFile) }, caFile);
  expect(await streamSoon(brokers, 3)).toMatchObject({ copies: 3, others: 2, info: { tls_required: true } });
  // Between the servers as well: the name of the other one is in the certificate.
  for (const server of nats.servers) expect(server.log()).toMatch(/Route connection created/);
});

it('a server without the password is not let in by the others', async () => {
  const { nats } = await arrange({ values: THREE, passwords: { 2: 'r0123456789abcdef' } });
  const refused = () => nats.servers.filter((server) => server.log().includes(REFUSAL)).length;
  await until(() => refused() === 3, { describe: 'each to refuse or to be refused', timeoutMs: 20_000 });
  expect(nats.servers[2]?.log()).not.toContain('JetStream cluster new metadata leader');
});
