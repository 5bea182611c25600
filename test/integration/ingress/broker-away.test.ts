import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIN_SPOOL_BYTES } from '#shared/contract.ts';
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
  ingress = await startIngressProcess({ natsUrl: broker.server.url, changes: { SPOOL_MAX_BYTES: MIN_SPOOL_BYTES } });
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

const stored = (count: number) =>
  until(async () => (await storedIds()).length >= count, { describe: `${count} stored`, timeoutMs: 20_000 });

it('answers 200 while the broker is away, in well under the 500 ms that cost priority, and stores when it is back', async () => {
  await broker.server.kill();
  for (let i = 0; i < 5; i += 1) {
    const startedMs = performance.now();
    expect((await post(ingress.url, notification({ id: `away-${i}` }))).status).toBe(200);
    // The first waits out the hedge, 250 to 350 ms; the others do not.
    expect(performance.now() - startedMs).toBeLessThan(i === 0 ? 1_000 : 500);
  }
  expect((await ingress.readiness())?.status).toBe(200);
  await broker.server.restart();
  await stored(5);
  expect(await storedIds()).toEqual(['away-0', 'away-1', 'away-2', 'away-3', 'away-4']);
});

it('stores what waits in the spool of a process that was killed', async () => {
  await broker.server.kill();
  expect((await post(ingress.url, notification({ id: 'orphan' }))).status).toBe(200);
  await ingress.child.stop('SIGKILL');
  await broker.server.restart();
  await ingress.child.restart();
  await stored(1);
  expect(await storedIds()).toEqual(['orphan']);
});

it('when asked to end waits for the broker while its spool holds something, unless the spool outlives it', async () => {
  const outlived = await startIngressProcess({
    natsUrl: broker.server.url,
    changes: { SPOOL_STORAGE: 'Persistent' },
  });
  await broker.server.kill();
  for (const [name, { url }] of Object.entries({ waiting: ingress, outlived })) {
    for (let i = 0; i < 3; i += 1) expect((await post(url, notification({ id: `${name}-${i}` }))).status).toBe(200);
  }
  process.kill(ingress.child.pid, 'SIGTERM');
  await outlived.child.stop();
  expect(outlived.child.log()).toMatch(/"level":"warn".*"records":3,.*the next start publishes them/);
  expect(outlived.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  expect(ingress.child.isRunning).toBe(true);
  await broker.server.restart();
  await until(() => !ingress.child.isRunning, { describe: 'the one that waits to end', timeoutMs: 30_000 });
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  expect(await storedIds()).toEqual(['waiting-0', 'waiting-1', 'waiting-2']);
  await outlived.child.restart();
  await stored(6);
  expect((await storedIds()).slice(3)).toEqual(['outlived-0', 'outlived-1', 'outlived-2']);
  await outlived.child.close();
});

it('answers 503 with Retry-After within 5 s only when neither broker nor spool has room', async () => {
  await broker.server.kill();
  const large = (i: number) => notification({ id: `large-${i}` }).padEnd(1024 * 1024, ' ');
  const answers: { status: number; retryAfter: unknown; ms: number }[] = [];
  for (let i = 0; answers.at(-1)?.status !== 503; i += 1) {
    const startedMs = performance.now();
    const { status, headers } = await post(ingress.url, large(i));
    answers.push({ status, retryAfter: headers['retry-after'], ms: performance.now() - startedMs });
  }
  // 32 MiB of two segments; each holds 15 of a mebibyte and a head.
  expect(answers.length).toBeGreaterThan(25);
  expect(answers.at(-1)).toMatchObject({ status: 503, retryAfter: '60' });
  expect(answers.at(-1)?.ms).toBeLessThan(5_000);
  await broker.server.restart();
  await stored(answers.length - 1);
  expect((await post(ingress.url, notification({ id: 'room' }))).status).toBe(200);
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

it('keeps what it cannot store while the stream is gone', async () => {
  const { streams } = broker.manager;
  const [events] = (await streams.list().next())
    .map(({ config }) => config)
    .filter(({ name }) => name.includes('events'));
  await streams.delete(events?.name ?? '');
  expect((await post(ingress.url, notification({ id: 'nowhere' }))).status).toBe(200);
  await streams.add(events ?? { name: '' });
  await stored(1);
  expect(await storedIds()).toEqual(['nowhere']);
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
  await stored(acknowledged.size);
  const ids = await storedIds();
  expect(new Set(ids).size).toBe(ids.length);
  expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
  expect(refused.size).toBe(0);
});

it('ends when asked to, also while the broker is away', async () => {
  await broker.server.kill();
  await ingress.child.stop();
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  await broker.server.restart();
});
