import { jetstream } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readEntry } from '#operator/dead-letters/entry.ts';
import { planRedrive } from '#operator/dead-letters/redriven.ts';
import { SUBJECTS } from '#shared/contract.ts';
import { type Broker, startBroker, storedDeadLetters, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Respond, startHandler, type TestHandler } from '../worker/handler.ts';
import { bodyOf, startWorker, store, untilSettled, type WorkerProcess } from '../worker/setup.ts';
import { type Api, endOf, openApi, purgeAll } from './setup.ts';

trackLeaks();

describe.each(['Subject', 'None'] as const)('with orderBy %s', (orderBy) => {
  let broker: Broker;
  let api: Api;
  let handler: TestHandler;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const container = { image: 'registry.example/handler:1.4' };
    broker = await startBroker({ handlers: [{ name: 'support', container, orderBy }] });
    api = await openApi(broker);
  });
  afterEach(async () => {
    await worker.close();
    await handler.close();
    await purgeAll(broker);
  });
  afterAll(async () => {
    await api.app.close();
    await broker.close();
  });

  async function start(respond: Respond): Promise<void> {
    handler = await startHandler(respond);
    worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url, ORDER_BY: orderBy });
  }

  const redriveAll = () => api.post('redrive', { all: true, ratePerSecond: 1_000 });
  const untilDead = (count: number) =>
    until(async () => (await storedDeadLetters(broker)).length === count, {
      describe: `${count} dead letters`,
      timeoutMs: 20_000,
    });

  it('a handler that refused gets them once more, in order, byte for byte, and no other time', async () => {
    let status = 422;
    await start(() => ({ status, body: 'no such ticket' }));
    const ids = Array.from({ length: 10 }, (_, i) => `order-${i}`);
    for (const id of ids) await store(broker, id, { body: ` ${bodyOf(id, 'one')}\n` });
    await untilDead(10);
    expect((await api.list('?limit=1')).items).toMatchObject([
      { handler: 'support', reason: 'Refused', detail: 'HTTP 422', attempts: 1, wasRedriven: false },
    ]);
    const refusedCalls = handler.calls.length;
    status = 200;
    expect(endOf(await redriveAll())).toMatchObject({ done: 10, failed: 0 });
    await handler.untilCalls(refusedCalls + 10);
    await untilSettled(broker);
    const again = handler.calls.slice(refusedCalls);
    const inOrder = orderBy === 'Subject' ? again : again.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(inOrder.map(({ id }) => id)).toEqual(ids);
    for (const { id, body } of again) expect(body.toString()).toBe(` ${bodyOf(id, 'one')}\n`);
    expect(await storedDeadLetters(broker)).toEqual([]);
  });

  it('what it refuses again is a dead letter again, and waits', async () => {
    await start(() => ({ status: 400 }));
    await store(broker, 'stubborn');
    await untilDead(1);
    expect(endOf(await redriveAll())).toMatchObject({ done: 1 });
    await handler.untilCalls(2);
    await untilDead(1);
    await untilSettled(broker);
    expect((await api.list()).items).toMatchObject([{ id: 'stubborn', wasRedriven: true }]);
    expect(handler.calls).toHaveLength(2);
  });

  it('is called once for a letter that was published twice, the window of the stream over', async () => {
    let status = 422;
    await start(() => ({ status }));
    await store(broker, 'doubled');
    await untilDead(1);
    status = 200;
    const [{ sequence } = { sequence: 0 }] = (await api.list()).items;
    const letter = await api.stream.read(sequence);
    if (letter === null) throw new Error('it is not there');
    expect(readEntry(letter).id).toBe('doubled');
    const plan = planRedrive(letter, [SUBJECTS.allRedriven(TOKEN)]);
    if (plan.kind !== 'publish') throw new Error(plan.why);
    // Whoever died before the letter was removed. Another message id is what it comes to when the window is over.
    const { subject, headers } = plan;
    await jetstream(broker.connection).publish(subject, letter.body, { headers, msgID: 'long ago' });
    await handler.untilCalls(2);
    await untilSettled(broker);
    expect(endOf(await redriveAll())).toMatchObject({ done: 1 });
    await untilSettled(broker);
    await until(async () => (await worker.metric('intercom_worker_skipped_total', 'reason="done"')) === 1, {
      describe: 'the second to be skipped',
    });
    expect(handler.calls.map(({ id }) => id)).toEqual(['doubled', 'doubled']);
    expect(await storedDeadLetters(broker)).toEqual([]);
  });
});
