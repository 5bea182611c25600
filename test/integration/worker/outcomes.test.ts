import { jetstream } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import type { WorkerEnv } from '#shared/contract.ts';
import { SUBJECTS } from '#shared/contract.ts';
import { type Broker, startBroker, storedDeadLetters, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Respond, startHandler, type TestHandler } from './handler.ts';
import { bodyOf, startWorker, store, TOPIC, untilDeadLetters, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

let broker: Broker;
let handler: TestHandler;
let worker: WorkerProcess;

beforeAll(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  await worker.close();
  await handler.close();
  const { streams } = broker.manager;
  for await (const { config } of streams.list()) await streams.purge(config.name);
});

afterAll(() => broker.close());

async function start(respond: Respond, changes: Partial<WorkerEnv> = {}): Promise<void> {
  handler = await startHandler(respond);
  worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ...changes });
}

it('hands a notification over once, byte for byte, as a CloudEvent', async () => {
  await start(() => ({ status: 200, body: '{"any":"answer"}' }));
  const body = ` ${bodyOf('delivered').replace('}', ', "name": "größe 😀" }')}\n`;
  await store(broker, 'delivered', { body });
  await handler.untilCalls(1);
  await untilSettled(broker);
  const [call, ...others] = handler.calls;
  expect(others).toEqual([]);
  expect(call?.body).toEqual(Buffer.from(body));
  expect(call?.headers).toMatchObject({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'delivered',
    'ce-type': `com.intercom.${TOPIC}`,
    'ce-source': '//intercom/eu/abc12345',
    'ce-subject': 'conversation/cv-delivered',
    'ce-time': '2023-11-14T22:13:20.000Z',
    'idempotency-key': 'abc12345:delivered:support',
    'x-delivery-attempt': '1',
  });
  expect((await worker.readiness())?.status).toBe(200);
  expect(await worker.metric('intercom_worker_deliveries_total', 'result="done"')).toBe(1);
});

it('calls again until the handler takes it, with the same key and a rising attempt', async () => {
  await start(({ attempt }) => ({ status: [500, 429, 202][attempt - 1] ?? 500 }));
  await store(broker, 'retried');
  await handler.untilCalls(3);
  await untilSettled(broker);
  expect(handler.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(new Set(handler.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(new Set(handler.calls.map(({ headers }) => headers['traceparent']?.slice(0, 35))).size).toBe(1);
  expect(await storedDeadLetters(broker)).toEqual([]);
});

it('waits as long as Retry-After asks', async () => {
  const at: number[] = [];
  await start(() => {
    at.push(performance.now());
    return at.length === 1 ? { status: 503, headers: { 'retry-after': '1' } } : { status: 200 };
  });
  await store(broker, 'patient');
  await handler.untilCalls(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
});

it.each([
  ['a 4xx', { status: 422 }, 'HTTP 422'],
  ['a redirect, which is not followed', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'HTTP 307'],
])('keeps a notification as a dead letter after %s', async (_name, answer, detail) => {
  await start(() => answer, { DEAD_LETTER_TTL_MS: 7_200_000 });
  const startedMs = Date.now();
  await store(broker, `refused-${answer.status}`);
  const [letter] = await untilDeadLetters(broker, 1);
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(1);
  expect(letter?.subject).toBe(`icw.${TOKEN}.dlq.support.${TOPIC}`);
  expect(letter?.data.toString()).toBe(bodyOf(`refused-${answer.status}`));
  const header = letter?.header ?? (() => '');
  expect(header('Icw-Id')).toBe(`refused-${answer.status}`);
  expect(header('Icw-Key')).toBe(`conversation/cv-refused-${answer.status}`);
  expect(header('Icw-Dead-Reason')).toBe('Refused');
  expect(header('Icw-Dead-Detail')).toBe(detail.replace(' ', '\\u0020'));
  expect(header('Icw-Dead-Handler')).toBe('support');
  expect(header('Icw-Dead-Attempts')).toBe('1');
  expect(header('Nats-TTL')).toMatch(/^(7200|2h)/);
  for (const name of ['Icw-Dead-First-At', 'Icw-Dead-Last-At']) {
    expect(Number(header(name))).toBeGreaterThanOrEqual(startedMs);
    expect(Number(header(name))).toBeLessThanOrEqual(Date.now());
  }
});

it('gives up after the attempts that were declared', async () => {
  await start(() => ({ status: 500 }), { RETRY_MAX_ATTEMPTS: 3 });
  await store(broker, 'exhausted');
  const [letter] = await untilDeadLetters(broker, 1);
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(3);
  expect(letter?.header('Icw-Dead-Reason')).toBe('AttemptsExhausted');
  expect(letter?.header('Icw-Dead-Attempts')).toBe('3');
});

it('gives up before the event expires', async () => {
  await start(() => ({ status: 500 }), { EVENTS_RETENTION_MS: 100 });
  await store(broker, 'expiring');
  const [letter] = await untilDeadLetters(broker, 1);
  expect(letter?.header('Icw-Dead-Reason')).toBe('RetentionExceeded');
});

it('counts a time-out as an attempt where others were answered meanwhile', async () => {
  const never = Promise.withResolvers<never>();
  await start(
    async ({ id, attempt }) => {
      if (id !== 'slow') return { status: 200 };
      await store(broker, `beside-${attempt}`);
      return await never.promise;
    },
    { TIMEOUT_MS: 1_500, RETRY_MAX_ATTEMPTS: 2 },
  );
  await store(broker, 'slow');
  const [letter] = await untilDeadLetters(broker, 1);
  expect(handler.calls.filter(({ id }) => id === 'slow').map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(letter?.header('Icw-Dead-Reason')).toBe('AttemptsExhausted');
});

it('uses up no attempt while the handler is down', async () => {
  const port = await freePort();
  worker = await startWorker(broker.server.url, {
    HANDLER_URL: `http://127.0.0.1:${port}/`,
    RETRY_MAX_ATTEMPTS: 1,
  });
  await store(broker, 'down');
  await until(async () => (await worker.metric('intercom_worker_deliveries_total', 'result="retry"')) >= 3, {
    describe: 'three calls in vain',
  });
  expect(await storedDeadLetters(broker)).toEqual([]);
  handler = await startHandler(() => ({ status: 200 }), port);
  const [call] = await handler.untilCalls(1);
  expect(call?.attempt).toBeGreaterThan(3);
  await untilSettled(broker);
  expect(await storedDeadLetters(broker)).toEqual([]);
});

it('never calls again for what is done, however often it comes', async () => {
  await start(() => ({ status: 200 }));
  await store(broker, 'done');
  await handler.untilCalls(1);
  await untilSettled(broker);
  for (const again of ['-2', '-3']) await store(broker, 'done', { again });
  await until(async () => (await worker.metric('intercom_worker_skipped_total', 'reason="done"')) === 2, {
    describe: 'both to be skipped',
  });
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(1);
});

it('never calls again for what is dead', async () => {
  await start(() => ({ status: 400 }));
  await store(broker, 'dead');
  await untilDeadLetters(broker, 1);
  await untilSettled(broker);
  await store(broker, 'dead', { again: '-2' });
  await untilSettled(broker);
  expect(handler.calls).toHaveLength(1);
  expect(await storedDeadLetters(broker)).toHaveLength(1);
});

it('keeps what no release of ours has written, without calling', async () => {
  await start(() => ({ status: 200 }));
  const subject = SUBJECTS.notification(TOKEN, '00', TOPIC);
  await jetstream(broker.connection).publish(subject, 'something else');
  const [letter] = await untilDeadLetters(broker, 1);
  await untilSettled(broker);
  expect(letter?.data.toString()).toBe('something else');
  expect(letter?.header('Icw-Dead-Reason')).toBe('UnknownFormat');
  expect(handler.calls).toEqual([]);
});
