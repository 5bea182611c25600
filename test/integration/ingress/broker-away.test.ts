import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Broker, startBroker, storedEvents } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from './process.ts';
import { notification, post } from './setup.ts';

trackLeaks();

let broker: Broker;
let ingress: IngressProcess;

beforeEach(async () => {
  broker = await startBroker();
  ingress = await startIngressProcess({ natsUrl: broker.server.url });
});

afterEach(async () => {
  await ingress.child.close();
  await broker.close();
});

/** Ids in the order of the stream, once the test's own client is back. */
const storedIds = () =>
  until(async () => (await storedEvents(broker)).map((event) => event.header('Icw-Id')), {
    describe: 'the stream to be readable',
  });

it('answers 503 with Retry-After within 5 s while the broker is away, and 200 when it is back', async () => {
  await broker.server.kill();
  const startedMs = performance.now();
  const { status, headers } = await post(ingress.url, notification({ id: 'away' }));
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect([status, headers['retry-after']]).toEqual([503, '60']);
  expect((await ingress.readiness())?.status).toBe(200);
  await broker.server.restart();
  await until(async () => (await post(ingress.url, notification({ id: 'back' }))).status === 200, {
    describe: 'the ingress to store again',
  });
  expect(await storedIds()).toContain('back');
});

it('answers 200 to a request that comes while the broker restarts, when that takes less than Intercom waits', async () => {
  await broker.server.kill();
  const answers = Promise.all(
    Array.from({ length: 5 }, (_, i) => post(ingress.url, notification({ id: `during-${i}` }))),
  );
  await broker.server.restart();
  expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect((await storedIds()).toSorted()).toEqual(['during-0', 'during-1', 'during-2', 'during-3', 'during-4']);
});

it('knows what the broker takes, also while it is away', async () => {
  const patient = await startIngressProcess({
    natsUrl: broker.server.url,
    changes: { MAX_BODY_BYTES: 8 * 1024 * 1024 },
  });
  const tooLarge = notification({ id: 'large' }).padEnd(4 * 1024 * 1024 - 1_000, ' ');
  expect((await post(patient.url, tooLarge)).status).toBe(413);
  await broker.server.kill();
  expect((await post(patient.url, tooLarge)).status).toBe(413);
  await broker.server.restart();
  await until(async () => (await post(patient.url, notification({ id: 'small' }))).status === 200, {
    describe: 'the ingress to store again',
  });
  await patient.child.close();
});

it('answers 503 when the stream is gone or full', async () => {
  const { streams } = broker.manager;
  for await (const { config } of streams.list()) await streams.delete(config.name);
  const { status, headers } = await post(ingress.url, notification({ id: 'nowhere' }));
  expect([status, headers['retry-after']]).toEqual([503, '60']);
});

it('loses nothing that it acknowledged, and stores nothing twice, when the broker is killed under load', async () => {
  const acknowledged = new Set<string>();
  const refused = new Set<string>();
  const load = new AbortController();
  const sender = async (name: number) => {
    for (let i = 0; !load.signal.aborted; i += 1) {
      const id = `${name}-${i}`;
      const { status } = await post(ingress.url, notification({ id }));
      (status === 200 ? acknowledged : refused).add(id);
    }
  };
  const senders = Promise.all(Array.from({ length: 8 }, (_, name) => sender(name)));
  await until(() => acknowledged.size > 200, { describe: 'the load to flow' });
  await broker.server.kill();
  await broker.server.restart();
  const before = acknowledged.size;
  await until(() => acknowledged.size > before + 200, { describe: 'the load to flow again' });
  load.abort();
  await senders;
  const stored = await storedIds();
  expect(new Set(stored).size).toBe(stored.length);
  expect([...acknowledged].filter((id) => !stored.includes(id))).toEqual([]);
  expect(refused.size).toBe(0);
});

it('ends when asked to, also while the broker is away', async () => {
  await broker.server.kill();
  await ingress.child.stop();
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  await broker.server.restart();
});
