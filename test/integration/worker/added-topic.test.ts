import { afterEach, expect, it } from 'vitest';
import { desiredStreams } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { type Broker, startBroker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';
import { startHandler, type TestHandler } from './handler.ts';
import { bodyOf, startWorker, store, TOPIC, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

const OTHER = 'contact.user.created';
const handlers = (orderBy: 'Subject' | 'None', topics: string[]) => ({
  handlers: [{ name: 'support', container: { image: 'registry.example/handler:1.4' }, orderBy, topics }],
});

let broker: Broker;
let handler: TestHandler;
let worker: WorkerProcess;

afterEach(async () => {
  await worker.close();
  await handler.close();
  await broker.close();
});

it.each(['Subject', 'None'] as const)(
  'a topic that a handler gets later begins then (orderBy: %s)',
  async (orderBy) => {
    broker = await startBroker(handlers(orderBy, [TOPIC]));
    handler = await startHandler(() => ({ status: 200 }));
    const work = () => startWorker(broker.server.url, { HANDLER_URL: handler.url, ORDER_BY: orderBy });
    worker = await work();
    const storeOther = (id: string) => store(broker, id, { body: bodyOf(id, 'the-same').replace(TOPIC, OTHER) });
    await store(broker, 'first', { body: bodyOf('first', 'the-same') });
    await handler.untilCalls(1);
    await untilSettled(broker);
    await storeOther('too early');
    const outcome = await reconcileStreams(
      desiredStreams(webhook(handlers(orderBy, [TOPIC, OTHER])), streamFacts()),
      broker.connection,
    );
    expect(outcome).toMatchObject({ kind: 'reconciled', changes: { refused: [] } });
    await storeOther('in time');
    await until(() => handler.calls.length >= 2, { describe: 'the topic to come' });
    await untilSettled(broker);
    // The next one takes over, and has all sent again that lies above the ack floor.
    await worker.close();
    worker = await work();
    await storeOther('last');
    await until(() => handler.calls.some(({ id }) => id === 'last'), { describe: 'the last to come' });
    await untilSettled(broker);
    expect(handler.calls.map(({ id }) => decodeURIComponent(id))).toEqual(['first', 'in time', 'last']);
  },
);
