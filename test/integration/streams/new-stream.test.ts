import { DeliverPolicy, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { desiredStreams } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';

trackLeaks();

let server: NatsServer;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  connection = await connect({ servers: server.url });
  manager = await jetstreamManager(connection);
});
afterEach(async () => {
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  await connection.close();
});

const STREAM = STREAMS.events(webhookToken('crm', 'support'));
const handler = (name: string, startFrom: 'Now' | 'Earliest' = 'Now') => ({
  name,
  builtin: {},
  orderBy: 'None' as const,
  startFrom,
});

async function reconcile(...handlers: ReturnType<typeof handler>[]) {
  const outcome = await reconcileStreams(desiredStreams(webhook({ handlers }), streamFacts()), connection);
  if (outcome.kind !== 'reconciled') throw new Error(outcome.message);
  return outcome.changes;
}

async function startOf(consumer: string): Promise<readonly [DeliverPolicy, number | undefined]> {
  const { config } = await manager.consumers.info(STREAM, consumer);
  return [config.deliver_policy, config.opt_start_seq];
}

const FROM_THE_FIRST = [DeliverPolicy.StartSequence, 1] as const;

it('has consumers that begin with its first message: publishers do not wait for them', async () => {
  await reconcile(handler('first'), handler('all', 'Earliest'));
  expect(await startOf('first')).toEqual(FROM_THE_FIRST);
  expect(await startOf('all')).toEqual([DeliverPolicy.All, undefined]);
  expect(await reconcile(handler('first'), handler('all', 'Earliest'))).toMatchObject({ updated: [], refused: [] });
});

it('has consumers again when it was deleted, that miss nothing either', async () => {
  await reconcile(handler('first'));
  await manager.streams.delete(STREAM);
  await reconcile(handler('first'));
  expect(await startOf('first')).toEqual(FROM_THE_FIRST);
});

it('lets a handler that comes later begin then', async () => {
  await reconcile(handler('first'));
  await reconcile(handler('first'), handler('later'));
  expect(await startOf('later')).toEqual([DeliverPolicy.New, undefined]);
});

it('says that the start of one cannot be changed', async () => {
  await reconcile(handler('first'));
  const { refused } = await reconcile(handler('first', 'Earliest'));
  expect(refused).toMatchObject([{ object: 'consumer first', field: 'deliver_policy' }]);
});
