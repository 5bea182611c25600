import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { type Broker, startBroker, storedEvents } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import type { NatsServerOptions } from '#test/support/nats-server.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from './process.ts';
import { notification, post } from './setup.ts';

trackLeaks();

let port: number;
let broker: Broker | null = null;
let ingress: IngressProcess;

beforeEach(async () => {
  port = await freePort();
  ingress = await startIngressProcess({ natsUrl: `nats://127.0.0.1:${port}`, isBrokerThere: false });
});

afterEach(async () => {
  // One that holds what no stream takes would wait for somebody to raise the limit.
  await ingress.child.close('SIGKILL');
  await broker?.close();
  broker = null;
});

const bringBroker = async (options: NatsServerOptions = {}) => {
  broker = await startBroker({}, { ...options, port });
  return broker;
};
const storedIds = async (of: Broker) => (await storedEvents(of)).map((event) => event.header('Icw-Id'));
const status = async (id: string, bytes = 0) => (await post(ingress.url, notification({ id }).padEnd(bytes))).status;
const spooled = () => ingress.metric('intercom_ingress_spool_records');

it('serves at once through the spool, and stores each once and in order when the broker comes', async () => {
  expect(await ingress.readiness()).toEqual({ status: 200, text: 'ok\n' });
  const ids = Array.from({ length: 5 }, (_, i) => `early-${i}`);
  const tookMs: number[] = [];
  for (const id of ids) {
    const startedMs = performance.now();
    expect(await status(id)).toBe(200);
    tookMs.push(performance.now() - startedMs);
  }
  // Not each: the machine may be busy.
  expect(Math.min(...tookMs)).toBeLessThan(500);
  expect(await spooled()).toBe(5);
  expect(ingress.child.log()).toMatch(/"level":"warn".*NATS is not reached yet/);
  const reached = await bringBroker();
  await until(async () => (await spooled()) === 0, { describe: 'the spool to be drained' });
  expect(await status('late')).toBe(200);
  expect(await storedIds(reached)).toEqual([...ids, 'late']);
  expect(await ingress.answers()).toEqual({ 'stored 200': 6 });
});

it('stores what a process took that was killed before the broker came', async () => {
  expect(await status('first')).toBe(200);
  await ingress.child.stop('SIGKILL');
  await ingress.child.restart();
  expect(await status('second')).toBe(200);
  const reached = await bringBroker();
  await until(async () => (await spooled()) === 0, { describe: 'the spool to be drained' });
  expect(await storedIds(reached)).toEqual(['first', 'second']);
});

it('when asked to end waits for the broker while its spool holds something, and only then', async () => {
  await ingress.child.stop();
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  await ingress.child.restart();
  expect(await status('kept')).toBe(200);
  const stopped = ingress.child.stop();
  await until(() => ingress.readiness().then((readiness) => readiness?.text === 'draining\n'), {
    describe: 'draining',
  });
  const reached = await bringBroker();
  await stopped;
  expect(await storedIds(reached)).toEqual(['kept']);
  expect(ingress.child.log().match(/"clean":true,"msg":"stopped"/g)).toHaveLength(2);
});

it('what then proves too large for the server stays in the spool, and holds up no other', async () => {
  expect(await status('large', 100_000)).toBe(200);
  expect(await status('small')).toBe(200);
  const reached = await bringBroker({ config: { max_payload: 64 * 1024 } });
  await until(async () => (await spooled()) === 1, {
    describe: 'all but the large one to be stored',
    timeoutMs: 20_000,
  });
  expect(await storedIds(reached)).toEqual(['small']);
  expect(ingress.child.log()).toContain('takes a message as large as one in the spool');
});
