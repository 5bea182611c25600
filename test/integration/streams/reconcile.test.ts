import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type JetStreamManager, jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Desired, desiredStreams, type StreamFacts } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { BUCKETS, STREAMS, SUBJECTS, webhookToken } from '#shared/contract.ts';
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
  connection = await connect({ servers: server.url, name: 'reconcile test' });
  manager = await jetstreamManager(connection);
});
afterEach(async () => {
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  await connection.close();
});

const token = webhookToken('crm', 'support');
const events = STREAMS.events(token);
const objects = [
  `stream ${events}`,
  'stream icw_dead_letters',
  'stream icw_effects',
  `stream KV_${BUCKETS.claims(token)}`,
];
const handler = { name: 'support', builtin: {}, orderBy: 'None' as const };
type Spec = Parameters<typeof webhook>[0];

const desired = (spec: Spec = { handlers: [handler] }, facts: Partial<StreamFacts> = {}): Desired =>
  desiredStreams(webhook(spec), streamFacts(facts));

async function changes(wanted: Desired = desired()) {
  const outcome = await reconcileStreams(wanted, connection);
  if (outcome.kind !== 'reconciled') throw new Error(outcome.message);
  return outcome.changes;
}

const nothing = { created: [], updated: [], unchanged: [], deleted: [], refused: [] };

describe('on an empty server', () => {
  test('makes every stream and consumer, as asked for', async () => {
    expect(await changes()).toEqual({ ...nothing, created: [...objects, 'consumer support'] });
  });

  test('changes nothing the second time', async () => {
    await changes();
    expect(await changes()).toEqual({ ...nothing, unchanged: [...objects, 'consumer support'] });
  });

  test('makes a bucket for claims that the key-value client can use', async () => {
    await changes();
    const bucket = await new Kvm(jetstream(connection)).open(BUCKETS.claims(token), {
      bindOnly: true,
      allow_direct: true,
    });
    const revision = await bucket.create('claim', 'mine');
    await expect(bucket.create('claim', 'theirs')).rejects.toThrow('wrong last sequence');
    await bucket.update('claim', 'done', revision);
    expect((await bucket.get('claim'))?.string()).toBe('done');
    await bucket.purge('claim');
    expect((await bucket.get('claim'))?.operation).toBe('PURGE');
    expect(await bucket.status()).toMatchObject({ history: 1, ttl: 336 * 3_600_000 });
  });

  test('stores an effect once, and a dead letter only as long as it is told', async () => {
    await changes();
    const js = jetstream(connection);
    const effect = SUBJECTS.effect(token, 'support', 'digest', 0);
    await js.publish(effect, 'reply', { ttl: '1h' });
    await expect(js.publish(effect, 'reply', { ttl: '1h' })).rejects.toThrow('maximum messages per subject exceeded');
    await js.publish(SUBJECTS.deadLetter(token, 'support', 'a.b'), 'bytes', { ttl: '1h' });
  });
});

test('refuses a server that would ignore what it does not know, and asks nothing of it', async () => {
  const asked: string[] = [];
  const old = createServer((socket) => {
    socket.write('INFO {"server_id":"old","version":"2.12.3","proto":1,"headers":true,"max_payload":1048576}\r\n');
    socket.setEncoding('utf8').on('data', (text: string) => {
      asked.push(...text.split('\r\n').filter((line) => /^(SUB|PUB|HPUB)/.test(line)));
      if (text.includes('PING')) socket.write('PONG\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(old, 'listening');
  const client = await connect({ port: (old.address() as AddressInfo).port });
  expect(await reconcileStreams(desired(), client)).toEqual({
    kind: 'unsupported-server',
    version: '2.12.3',
    message: 'nats-server 2.12.3 is too old: 2.14 or newer is needed, every server of the cluster',
  });
  await client.close();
  old.close();
  expect(asked).toEqual([]);
});

describe('with what it finds', () => {
  test('puts back what somebody has changed', async () => {
    await changes();
    await manager.streams.update(events, { max_age: 0, max_bytes: 5_000_000, allow_batched: false });
    await manager.consumers.update(events, 'support', { max_ack_pending: 1 });
    expect(await changes()).toMatchObject({ updated: [`stream ${events}`, 'consumer support'], refused: [] });
    const { config } = await manager.streams.info(events);
    const [wanted] = desired().streams;
    expect(config).toMatchObject({ max_age: wanted?.max_age, max_bytes: wanted?.max_bytes, allow_batched: true });
    expect((await manager.consumers.info(events, 'support')).config.max_ack_pending).toBe(100_000);
  });

  test('leaves alone what it has no opinion on', async () => {
    await changes();
    await manager.streams.update(events, { description: 'ours, says a person' });
    expect(await changes()).toMatchObject({ updated: [] });
    expect((await manager.streams.info(events)).config.description).toBe('ours, says a person');
  });

  test('reports what cannot be changed in place, keeps what it holds, and puts the rest back', async () => {
    const [stream] = desired().streams;
    await manager.streams.add({ ...(stream as StreamConfig), storage: 'memory', max_bytes: 1_000_000 });
    await jetstream(connection).publish(SUBJECTS.notification(token, '00', 'a.b'), 'kept');
    const { updated, created, refused } = await changes();
    expect(updated).toEqual([`stream ${events}`]);
    expect(created).toContain('consumer support');
    expect(refused).toEqual([
      {
        object: `stream ${events}`,
        field: 'storage',
        reason: 'it is "memory", "file" is wanted, and the server cannot change it',
        remedy: expect.stringContaining('set it back'),
      },
    ]);
    const { config, state } = await manager.streams.info(events);
    expect([config.max_bytes, state.messages]).toEqual([stream?.max_bytes, 1]);
  });

  test('reports a consumer whose start is another, and leaves it where it is', async () => {
    await changes(desired({ handlers: [{ ...handler, startFrom: 'Earliest' }] }));
    const { refused, unchanged } = await changes();
    expect(unchanged).toContain('consumer support');
    expect(refused).toMatchObject([{ object: 'consumer support', field: 'deliver_policy' }]);
  });

  test.each([
    [
      'of another resource of that name',
      { uid: 'another' },
      'it belongs to crm/support of cluster test-cluster with UID',
    ],
    ['of another cluster', { clusterId: 'another' }, 'it belongs to crm/support of cluster test-cluster'],
  ])('does not adopt streams %s, nor touch their consumers', async (_, facts, reason) => {
    await changes(desired({ handlers: [handler, { ...handler, name: 'audit' }] }));
    const before = await manager.streams.info(events);
    const outcome = await changes(
      desired({ handlers: [handler, { ...handler, name: 'third' }], retention: { maxBytes: '2Gi' } }, facts),
    );
    expect(outcome.refused.find(({ object }) => object === `stream ${events}`)).toMatchObject({
      field: 'metadata',
      reason: expect.stringContaining(reason),
    });
    expect(outcome).toMatchObject({ deleted: [], updated: [] });
    expect((await manager.streams.info(events)).config).toEqual(before.config);
    expect((await manager.streams.info(events)).state.consumer_count, 'consumers').toBe(2);
  });

  test('does not adopt a stream that nobody says is theirs', async () => {
    await manager.streams.add({ name: 'icw_effects', subjects: ['icw.*.fx.>'] });
    expect((await changes()).refused).toEqual([
      expect.objectContaining({
        object: 'stream icw_effects',
        reason: 'it belongs to something that is not this operator',
      }),
    ]);
  });

  test('passes on what the server says when it refuses', async () => {
    await manager.streams.add({ name: 'mine', subjects: ['icw.*.fx.>'] });
    expect((await changes()).refused).toMatchObject([
      { object: 'stream icw_effects', field: '', reason: expect.stringContaining('subjects overlap') },
    ]);
  });
});

describe('when handlers change', () => {
  test('removes the consumer of one that is gone, and not those that others have made', async () => {
    await changes(desired({ handlers: [handler, { ...handler, name: 'audit' }] }));
    await manager.consumers.add(events, { durable_name: 'by-hand', ack_policy: 'explicit' });
    expect(await changes()).toMatchObject({ deleted: ['consumer audit'], refused: [] });
    const left: string[] = [];
    for await (const { name } of manager.consumers.list(events)) left.push(name);
    expect(left.sort()).toEqual(['by-hand', 'support']);
  });

  test('other topics reach a handler without its losing its place', async () => {
    const js = jetstream(connection);
    const publish = (topic: string, body: string) => js.publish(SUBJECTS.notification(token, '07', topic), body);
    await changes(desired({ handlers: [{ ...handler, topics: ['conversation.user.created'] }] }));
    await publish('conversation.user.created', 'first');
    const consumer = await js.consumers.get(events, 'support');
    const first = await consumer.next({ expires: 5_000 });
    await first?.ackAck();
    await publish('conversation.user.created', 'second');

    const topics = ['conversation.user.created', 'contact.user.created'];
    expect(await changes(desired({ handlers: [{ ...handler, topics }] }))).toMatchObject({
      updated: ['consumer support'],
    });
    await publish('contact.user.created', 'third');
    await publish('conversation.user.replied', 'not for it');

    const bodies: (string | undefined)[] = [first?.string()];
    for (const _ of ['second', 'third']) {
      const message = await consumer.next({ expires: 5_000 });
      await message?.ackAck();
      bodies.push(message?.string());
    }
    expect(bodies).toEqual(['first', 'second', 'third']);
    expect((await consumer.info()).num_pending).toBe(0);
  });

  test('one that is to keep order from now on, or no more, goes on where it was', async () => {
    const js = jetstream(connection);
    const publish = (body: string) => js.publish(SUBJECTS.notification(token, '04', 'conversation.user.created'), body);
    const other = { ...handler, name: 'other' };
    await changes(desired({ handlers: [other] }));
    await publish('before the handler');
    await changes();
    await publish('handled');
    const unordered = await js.consumers.get(events, 'support');
    await (await unordered.next({ expires: 5_000 }))?.ackAck();
    await publish('not yet');
    const ordered = { handlers: [{ ...handler, orderBy: 'Subject' as const }] };
    const four = [0, 1, 2, 3].map((partition) => `consumer support_${partition}`);
    expect(await changes(desired(ordered))).toMatchObject({
      created: four,
      deleted: ['consumer support'],
      refused: [],
    });
    expect(await changes(desired(ordered))).toMatchObject({ created: [], updated: [], deleted: [], refused: [] });
    await manager.consumers.update(events, 'support_0', { max_ack_pending: 7 });
    expect(await changes(desired(ordered))).toMatchObject({ updated: ['consumer support_0'], refused: [] });
    expect((await manager.consumers.info(events, 'support_0')).num_pending).toBe(1);

    expect(await changes()).toMatchObject({ created: ['consumer support'], deleted: four, refused: [] });
    const again = await js.consumers.get(events, 'support');
    expect((await again.next({ expires: 5_000 }))?.string()).toBe('not yet');
  });

  test('one that went on from a place that its stream has no more begins with the stream', async () => {
    await changes();
    const { config } = await manager.consumers.info(events, 'support');
    await manager.consumers.delete(events, 'support');
    await manager.consumers.add(events, {
      ...config,
      deliver_policy: 'by_start_sequence',
      opt_start_seq: 300,
      metadata: { ...config.metadata, 'intercom-operator.io/continues': '300' },
    });
    const js = jetstream(connection);
    await js.publish(SUBJECTS.notification(token, '04', 'conversation.user.created'), 'of the new stream');
    expect(await changes()).toMatchObject({ created: ['consumer support'], refused: [] });
    expect((await manager.consumers.info(events, 'support')).num_pending).toBe(1);
    expect(await changes()).toMatchObject({ created: [], updated: [], deleted: [], refused: [] });
  });
});
