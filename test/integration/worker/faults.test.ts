import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WorkerEnv } from '#shared/contract.ts';
import { type Broker, startBroker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type RedisServer, startRedisServer } from '#test/support/redis-server.ts';
import { until } from '#test/support/until.ts';
import { type Respond, startHandler, type TestHandler } from './handler.ts';
import { startWorker, store, untilDeadLetters, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

let broker: Broker;
let redis: RedisServer;
let handler: TestHandler;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  [broker, redis] = await Promise.all([
    startBroker(),
    startRedisServer({ config: { appendonly: 'yes', appendfsync: 'always' } }),
  ]);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await handler.close();
});

afterAll(() => Promise.all([broker.close(), redis.close()]));

const listen = async (respond: Respond) => {
  handler = await startHandler(respond);
};

async function work(changes: Partial<WorkerEnv> = {}): Promise<WorkerProcess> {
  const worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ...changes });
  workers.push(worker);
  return worker;
}

const callsOf = (id: string) => handler.calls.filter((call) => call.id === id);

describe.each(['key-value', 'redis'] as const)('with claims in %s', (kind) => {
  const claims = () => (kind === 'redis' ? { REDIS_URL: redis.url } : {});

  it('a notification whose worker was killed in mid-call is called again by another, with the same key', async () => {
    const CONCURRENCY = 3;
    const killed = Promise.withResolvers<void>();
    await listen(async ({ attempt }) => {
      if (attempt === 1) await killed.promise;
      return { status: 200 };
    });
    const first = await work({ ...claims(), CONCURRENCY });
    const ids = Array.from({ length: 8 }, (_, i) => `killed-${kind}-${i}`);
    for (const id of ids) await store(broker, id);
    await handler.untilCalls(CONCURRENCY);
    await first.child.stop('SIGKILL');
    killed.resolve();
    await work({ ...claims(), CONCURRENCY });
    await until(() => ids.every((id) => callsOf(id).length > 0), { describe: 'every one to be called' });
    await untilSettled(broker);
    const repeated = ids.filter((id) => callsOf(id).length > 1);
    expect(repeated).toHaveLength(CONCURRENCY);
    for (const id of repeated) {
      const calls = callsOf(id);
      expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    }
  });

  it('counts attempts on over restarts of the worker', async () => {
    await listen(() => ({ status: 500 }));
    const slow = { ...claims(), RETRY_MAX_ATTEMPTS: 3, RETRY_MIN_BACKOFF_MS: 1_000, RETRY_MAX_BACKOFF_MS: 1_000 };
    const id = `restarted-${kind}`;
    await store(broker, id);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const worker = await work(slow);
      await until(() => callsOf(id).length === attempt, { describe: `attempt ${attempt}` });
      await worker.child.stop();
    }
    expect(callsOf(id).map((call) => call.attempt)).toEqual([1, 2, 3]);
    const letters = await untilDeadLetters(broker, 1);
    const letter = letters.find((each) => each.header('Icw-Id') === id);
    expect(letter?.header('Icw-Dead-Reason')).toBe('AttemptsExhausted');
    expect(letter?.header('Icw-Dead-Attempts')).toBe('3');
    const [firstAt, lastAt] = [letter?.header('Icw-Dead-First-At'), letter?.header('Icw-Dead-Last-At')].map(Number);
    expect((lastAt ?? 0) - (firstAt ?? 0)).toBeGreaterThan(1_000);
  });
});

it('finishes the calls it has begun when it is asked to end, begins no other, and ends with exit code 0', async () => {
  const released = Promise.withResolvers<void>();
  await listen(async ({ id }) => {
    if (id === 'begun') await released.promise;
    return { status: 200 };
  });
  const worker = await work({ CONCURRENCY: 2 });
  await store(broker, 'begun');
  await handler.untilCalls(1);
  const stopping = worker.child.stop();
  await until(async () => (await worker.readiness())?.text === 'draining\n', { describe: 'the worker to drain' });
  await store(broker, 'not begun');
  released.resolve();
  await stopping;
  expect(worker.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  await work();
  await until(() => callsOf('not%20begun').length > 0, { describe: 'the next worker to go on' });
  await untilSettled(broker);
  expect(callsOf('begun')).toHaveLength(1);
  expect(callsOf('not%20begun').map(({ attempt }) => attempt)).toEqual([1]);
});

it('calls nobody while it cannot claim, and goes on when it can', async () => {
  await listen(() => ({ status: 200 }));
  const worker = await work({ REDIS_URL: redis.url });
  await redis.stop();
  await store(broker, 'unclaimed');
  await until(async () => (await worker.metric('intercom_worker_store_unavailable_total', 'store="claims"')) > 0, {
    describe: 'the claim to be in vain',
  });
  expect(callsOf('unclaimed')).toEqual([]);
  await redis.restart();
  await until(() => callsOf('unclaimed').length > 0, { describe: 'the call after all' });
  await untilSettled(broker);
  expect(callsOf('unclaimed')).toHaveLength(1);
});

it('writes down what was handled when the store was away meanwhile, and does not call again', async () => {
  const released = Promise.withResolvers<void>();
  await listen(async () => {
    await released.promise;
    return { status: 200 };
  });
  const worker = await work({ REDIS_URL: redis.url });
  await store(broker, 'unwritten');
  await handler.untilCalls(1);
  await redis.stop();
  released.resolve();
  await until(() => /outcome not written down yet/.test(worker.child.log()), { describe: 'the writing to be in vain' });
  await redis.restart();
  await untilSettled(broker);
  expect(callsOf('unwritten')).toHaveLength(1);
});

it('is not ready while its consumer is missing', async () => {
  await listen(() => ({ status: 200 }));
  const worker = await work({ HANDLER: 'unknown' });
  await until(async () => (await worker.readiness())?.text.startsWith('cannot pull: '), { describe: 'it to say so' });
  expect((await worker.readiness())?.status).toBe(503);
});

it('ends when asked to, also while the broker is away', async () => {
  await listen(() => ({ status: 200 }));
  const worker = await work();
  await broker.server.kill();
  await worker.child.stop();
  expect(worker.child.log()).toMatch(/"msg":"stopped"/);
  await broker.server.restart();
});
