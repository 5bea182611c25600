import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONSUMERS, STREAMS, type WorkerEnv } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type OrderReport, orderReport, type TimedCall } from '#test/support/order-report.ts';
import { until } from '#test/support/until.ts';
import { type Respond, startHandler, type TestHandler } from './handler.ts';
import { bodyOf, startWorker, store, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

const KEYS = 30;
const PER_KEY = 15;

let broker: Broker;
let handler: TestHandler;
let calls: TimedCall[];
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  broker = await startBroker();
});

beforeEach(() => {
  calls = [];
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await handler.close();
});

afterAll(() => broker.close());

/** Remembers when each call began and ended; `<conversation>/<number>` are the ids. */
async function listen(respond: Respond): Promise<void> {
  handler = await startHandler(async (call) => {
    const timed: TimedCall = { id: decodeURIComponent(call.id), beganMs: performance.now(), endedMs: Infinity };
    calls.push(timed);
    const answer = await respond(call);
    timed.endedMs = performance.now();
    timed.isTaken = answer.status < 300;
    return answer;
  });
}

async function work(changes: Partial<WorkerEnv> = {}): Promise<WorkerProcess> {
  const worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ...changes });
  workers.push(worker);
  return worker;
}

async function storeAll(run: string): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < PER_KEY; number += 1) {
    for (let key = 0; key < KEYS; key += 1) {
      const id = `${run}-${key}/${number}`;
      ids.push(id);
      await store(broker, id, { body: bodyOf(id, `${run}-${key}`) });
    }
  }
  return ids;
}

/** Resolves when so many different notifications were taken. */
const taking = (count: number) =>
  until(() => new Set(calls.flatMap(({ id, isTaken }) => (isTaken ? id : []))).size >= count, {
    describe: `${count} notifications to be taken`,
    timeoutMs: 30_000,
  });

/** Between 0 and 12 ms, the same for the same id. */
const workTime = (id: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const endMs = performance.now() + ((id.length * 7 + Number(id.split('/')[1])) % 13);
  const look = () => (performance.now() >= endMs ? resolve() : setImmediate(look));
  look();
  return promise;
};

const RIGHT: OrderReport = { lost: [], outOfOrder: [], overlapping: [], handledTwice: [] };

describe('the notifications of one conversation', () => {
  it('are handled one after another in the order of the stream, those of others meanwhile', async () => {
    await listen(async ({ id }) => {
      await workTime(decodeURIComponent(id));
      return { status: 200 };
    });
    const ids = await storeAll('one');
    await work();
    await taking(ids.length);
    await untilSettled(broker);
    expect(orderReport(ids, calls)).toEqual(RIGHT);
    expect(handler.mostAtOnce).toBeGreaterThan(4);
  });

  it('say so where Intercom delivered one after what came later, by its own time', async () => {
    await listen(() => ({ status: 200 }));
    for (const [number, createdAt] of [100, 99, 101].entries()) {
      const id = `late/${number}`;
      await store(broker, id, { body: bodyOf(id, 'late', createdAt) });
    }
    await work();
    const received = await handler.untilCalls(3);
    expect(received.map(({ headers }) => headers['x-intercom-stale'])).toEqual([undefined, 'true', undefined]);
  });

  it('stay in order when a worker is killed, another ends, and two come', async () => {
    await listen(async ({ id }) => {
      await workTime(decodeURIComponent(id));
      return { status: 200 };
    });
    const [first, second] = await Promise.all([work(), work()]);
    const storing = storeAll('many');
    await taking(40);
    await first?.child.stop('SIGKILL');
    await taking(120);
    await work();
    await taking(200);
    const ended = second?.child.stop();
    await work();
    const ids = await storing;
    await ended;
    await taking(ids.length);
    await untilSettled(broker);
    const report = orderReport(ids, calls);
    expect({ ...report, handledTwice: [] }).toEqual(RIGHT);
    // Those that the killed one had begun.
    expect(report.handledTwice.length).toBeLessThanOrEqual(16);
  });

  it('stay in order when the worker was frozen for so long that another took over', async () => {
    await listen(async ({ id }) => {
      await workTime(decodeURIComponent(id));
      return { status: 200 };
    });
    const [frozen] = await Promise.all([work(), work()]);
    const storing = storeAll('frozen');
    await taking(60);
    await frozen?.child.freeze();
    const ids = await storing;
    await taking(ids.length);
    frozen?.child.thaw();
    await untilSettled(broker);
    expect({ ...orderReport(ids, calls), handledTwice: [] }).toEqual(RIGHT);
  });

  it('wait for the one that is to be tried again; other conversations do not', async () => {
    const others = PER_KEY * (KEYS - 1);
    const taken = () => calls.filter(({ isTaken }) => isTaken).length;
    await listen(({ id }) => ({ status: decodeURIComponent(id) === 'retry-0/0' && taken() < others ? 500 : 200 }));
    await work({ RETRY_MIN_BACKOFF_MS: 100, RETRY_MAX_BACKOFF_MS: 100, RETRY_MAX_ATTEMPTS: 1_000 });
    const ids = await storeAll('retry');
    await taking(ids.length);
    await untilSettled(broker);
    expect(orderReport(ids, calls)).toEqual(RIGHT);
    expect(calls.filter(({ id }) => id === 'retry-0/0').length).toBeGreaterThan(1);
  });
});

it('a worker that is killed is followed by another, and so is one that ends', async () => {
  await listen(() => ({ status: 200 }));
  const [first, second] = await Promise.all([work(), work()]);
  const half = await storeAll('before');
  await taking(half.length);
  await first?.child.stop('SIGKILL');
  const all = [...half, ...(await storeAll('killed'))];
  await taking(all.length);
  await work();
  await second?.child.stop();
  all.push(...(await storeAll('ended')));
  await taking(all.length);
  await untilSettled(broker);
  expect(orderReport(all, calls).outOfOrder).toEqual([]);
});

it('other keys go on beside one that holds back hundreds, and metrics tell before it is too many', async () => {
  let isBlocked = true;
  await listen(({ id }) => ({ status: isBlocked && decodeURIComponent(id).startsWith('hot/') ? 500 : 200 }));
  // As many as the worker may hold of one share.
  const limit = 400;
  for (const share of [0, 1, 2, 3]) {
    await broker.manager.consumers.update(STREAMS.events(TOKEN), CONSUMERS.ordered('support', share), {
      max_ack_pending: limit,
    });
  }
  const worker = await work({ RETRY_MIN_BACKOFF_MS: 100, RETRY_MAX_BACKOFF_MS: 100, RETRY_MAX_ATTEMPTS: 1_000 });
  const ids = Array.from({ length: 340 }, (_, number) => `hot/${number}`);
  for (const id of ids) await store(broker, id, { body: bodyOf(id, 'hot') });
  await until(async () => (await worker.metric('intercom_worker_held_ratio', '')) > 0.8, { describe: 'the alarm' });
  const warning = 'so much waits for retries that other keys will wait with it';
  await until(() => worker.child.log().includes(warning), { describe: 'the alarm in the log', timeoutMs: 20_000 });
  const cold = Array.from({ length: 40 }, (_, number) => `cold-${number}/0`);
  for (const id of cold) await store(broker, id, { body: bodyOf(id, id) });
  await taking(cold.length);
  isBlocked = false;
  await taking(ids.length + cold.length);
  await untilSettled(broker);
  expect(orderReport([...ids, ...cold], calls)).toEqual(RIGHT);
  expect(await worker.metric('intercom_worker_held_ratio', '')).toBe(0);
});
