import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Broker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { startHandler, type TestHandler } from './handler.ts';
import {
  ACK_WAIT_MS,
  LEASE_MS,
  startUnorderedBroker,
  startWorker,
  store,
  unsettled,
  untilSettled,
  type WorkerProcess,
} from './setup.ts';

trackLeaks();

const CONCURRENCY = 4;

let broker: Broker;
let handler: TestHandler;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  broker = await startUnorderedBroker();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await handler.close();
});

afterAll(() => broker.close());

async function work(): Promise<WorkerProcess> {
  const worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ORDER_BY: 'None', CONCURRENCY });
  workers.push(worker);
  return worker;
}

const storeMany = async (name: string, count: number) => {
  for (let i = 0; i < count; i += 1) await store(broker, `${name}-${i}`);
};

it('calls as many at once as declared and no more, over as many connections, each notification once', async () => {
  handler = await startHandler(async () => {
    await until(() => handler.mostAtOnce === CONCURRENCY, { describe: 'all slots to be taken', timeoutMs: 5_000 });
    return { status: 200 };
  });
  await work();
  await storeMany('many', 60);
  await handler.untilCalls(60);
  await untilSettled(broker);
  expect(handler.mostAtOnce).toBe(CONCURRENCY);
  expect(handler.connections).toBeLessThanOrEqual(CONCURRENCY);
  expect(new Set(handler.calls.map(({ id }) => id)).size).toBe(60);
  expect(handler.calls).toHaveLength(60);
});

it('takes no more messages from the stream than it works on, so that others can have them', async () => {
  const released = Promise.withResolvers<void>();
  handler = await startHandler(async () => {
    await released.promise;
    return { status: 200 };
  });
  await storeMany('waiting', 20);
  await work();
  await handler.untilCalls(CONCURRENCY);
  await work();
  await handler.untilCalls(2 * CONCURRENCY);
  expect(await unsettled(broker)).toEqual({ pending: 20 - 2 * CONCURRENCY, unacknowledged: 2 * CONCURRENCY });
  released.resolve();
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(20);
});

it('shares the work with another worker without calling twice', async () => {
  handler = await startHandler(() => ({ status: 200 }));
  const worker = await work();
  const other = await work();
  await storeMany('shared', 100);
  await handler.untilCalls(100);
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(100);
  for (const each of [worker, other]) {
    expect(await each.metric('intercom_worker_deliveries_total', 'result="done"')).toBeGreaterThan(0);
  }
});

it('holds on to a call that takes longer than the ack wait and the lease', async () => {
  const released = Promise.withResolvers<void>();
  handler = await startHandler(async ({ id }) => {
    if (id === 'long') await released.promise;
    return { status: 200 };
  });
  const worker = await work();
  const other = await work();
  await store(broker, 'long');
  await handler.untilCalls(1);
  const startedMs = performance.now();
  await until(() => performance.now() - startedMs > 2 * ACK_WAIT_MS + LEASE_MS, {
    describe: 'ack wait and lease to pass',
  });
  const skipped = async () => {
    const held = [worker, other].map((each) => each.metric('intercom_worker_skipped_total', 'reason="held"'));
    return (await Promise.all(held)).reduce((sum, count) => sum + count, 0);
  };
  expect(await skipped()).toBe(0);
  await store(broker, 'long', { again: '-2' });
  await until(async () => (await skipped()) > 0, {
    describe: 'the second message of the same notification to be held back',
  });
  released.resolve();
  await untilSettled(broker);
  expect(handler.calls.filter(({ id }) => id === 'long')).toHaveLength(1);
});

it('goes on after the broker was killed and came back, with every notification handled', async () => {
  handler = await startHandler(() => ({ status: 200 }));
  const worker = await work();
  await storeMany('before', 20);
  await handler.untilCalls(10);
  await broker.server.kill();
  await broker.server.restart();
  await until(() => store(broker, 'after').then(() => true), { describe: 'the broker to be back' });
  await until(() => handler.calls.some(({ id }) => id === 'after'), { describe: 'the call after', timeoutMs: 20_000 });
  await untilSettled(broker, 20_000);
  const called = new Set(handler.calls.map(({ id }) => id));
  expect(called.size).toBe(21);
  // What was in flight at the kill may be called again, by the same key; nothing else.
  expect(handler.calls.length).toBeLessThanOrEqual(21 + CONCURRENCY);
  await until(async () => (await worker.readiness())?.status === 200, { describe: 'the worker to be ready' });
});

it('calls again what a killed worker was at, with the same key', async () => {
  const killed = Promise.withResolvers<void>();
  handler = await startHandler(async ({ attempt }) => {
    if (attempt === 1) await killed.promise;
    return { status: 200 };
  });
  const first = await work();
  await storeMany('killed', 8);
  await handler.untilCalls(CONCURRENCY);
  await first.child.stop('SIGKILL');
  killed.resolve();
  await work();
  await handler.untilCalls(8 + CONCURRENCY);
  await untilSettled(broker);
  const keys = handler.calls.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toHaveLength(8 + CONCURRENCY);
  expect(new Set(keys).size).toBe(8);
});
