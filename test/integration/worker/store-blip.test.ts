import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Broker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type RedisServer, startRedisServer } from '#test/support/redis-server.ts';
import { until } from '#test/support/until.ts';
import { startHandler, type TestHandler } from './handler.ts';
import {
  ACK_WAIT_MS,
  LEASE_MS,
  startUnorderedBroker,
  startWorker,
  store,
  untilSettled,
  type WorkerProcess,
} from './setup.ts';

trackLeaks();

const released = Promise.withResolvers<void>();
let broker: Broker;
let redis: RedisServer;
let handler: TestHandler;
let worker: WorkerProcess;

beforeEach(async () => {
  broker = await startUnorderedBroker();
  redis = await startRedisServer({ config: { appendonly: 'yes', appendfsync: 'always' } });
  handler = await startHandler(async () => {
    await released.promise;
    return { status: 200 };
  });
  worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ORDER_BY: 'None', REDIS_URL: redis.url });
});
afterEach(async () => {
  await worker.close();
  await handler.close();
  await redis.close();
  await broker.close();
});

const passed = (sinceMs: number, ms: number) =>
  until(() => performance.now() - sinceMs > ms, { describe: `${ms} ms to pass` });

it('keeps hold of a long call when the store of claims is away for one renewal', async () => {
  await store(broker, 'long');
  await handler.untilCalls(1);
  const awayMs = performance.now();
  await redis.stop();
  await passed(awayMs, LEASE_MS * 0.6);
  await redis.restart();
  await passed(performance.now(), ACK_WAIT_MS * 2);
  released.resolve();
  await untilSettled(broker);
  expect(handler.calls.map(({ attempt }) => attempt)).toEqual([1]);
});
