import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RoomKeeper, type RoomOutcome } from '#operator/streams/purge.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

const STREAM = 'events';
const BODY = 'b'.repeat(1_000);
const MAX_MESSAGES = 200;

let server: NatsServer;
let connection: NatsConnection;
let manager: JetStreamManager;
let keeper: RoomKeeper;
let nowMs: number;

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  nowMs = 0;
  connection = await connect({ servers: server.url });
  manager = await jetstreamManager(connection);
  keeper = new RoomKeeper(manager, STREAM, () => nowMs);
  await makeStream();
});
afterEach(async () => {
  await manager.streams.delete(STREAM);
  await connection.close();
});

const makeStream = () =>
  manager.streams.add({
    name: STREAM,
    subjects: ['n.>'],
    discard: DiscardPolicy.New,
    // A message takes 38 bytes more than its body.
    max_bytes: MAX_MESSAGES * (BODY.length + 38),
  });

const makeConsumer = (name: string, filter: string, from: DeliverPolicy = DeliverPolicy.All) =>
  manager.consumers.add(STREAM, {
    durable_name: name,
    filter_subject: filter,
    deliver_policy: from,
    ack_policy: AckPolicy.Explicit,
    max_deliver: -1,
  });

async function publish(count: number, subject = 'n.common'): Promise<void> {
  const js = jetstream(connection);
  for (let i = 0; i < count; i += 1) await js.publish(subject, BODY);
}

async function take(name: string, count: number): Promise<JsMsg[]> {
  const consumer = await jetstream(connection).consumers.get(STREAM, name);
  const taken: JsMsg[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: 1_000 })) taken.push(message);
  return taken;
}

async function handle(name: string, count: number): Promise<void> {
  for (const message of await take(name, count)) await message.ackAck();
}

const keep = (...names: string[]): Promise<RoomOutcome> => keeper.keep(names);

/** As long later as replicas may take to have what the stream has now. */
async function keepLater(...names: string[]): Promise<RoomOutcome> {
  await keep(...names);
  for (const _ of [1, 2]) {
    nowMs += 20_000;
    await keep(...names);
  }
  return keep(...names);
}

const firstSeq = async (): Promise<number> => (await manager.streams.info(STREAM)).state.first_seq;

describe('an events stream', () => {
  it('gives up nothing while it has room', async () => {
    await makeConsumer('all', 'n.>');
    await publish(150);
    await handle('all', 150);
    expect(await keep('all')).toEqual({ kind: 'nothing' });
    expect(await firstSeq()).toBe(1);
  });

  it('gives up what is below the least floor, and takes more then', async () => {
    await makeConsumer('fast', 'n.>');
    await makeConsumer('slow', 'n.>');
    await publish(MAX_MESSAGES);
    await expect(publish(1)).rejects.toThrow('maximum bytes exceeded');
    await handle('fast', 200);
    await handle('slow', 50);
    expect(await keep('fast', 'slow')).toEqual({ kind: 'purged', belowSeq: 51, messages: 50 });
    await publish(50);
    expect(await keep('fast', 'slow')).toMatchObject({ kind: 'full' });
    expect((await take('slow', 200)).map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, i) => i + 51));
  });

  it('still knows ids below what it gave up', async () => {
    await makeConsumer('all', 'n.>');
    const js = jetstream(connection);
    await js.publish('n.common', BODY, { msgID: 'first' });
    await publish(180);
    await handle('all', 181);
    expect(await keep('all')).toMatchObject({ kind: 'purged' });
    expect(await js.publish('n.common', BODY, { msgID: 'first' })).toMatchObject({ duplicate: true });
  });

  it('is not held back by a consumer that was never sent anything, once that is certain', async () => {
    await makeConsumer('all', 'n.>');
    await makeConsumer('rare', 'n.rare');
    await publish(180);
    await handle('all', 180);
    expect(await keep('all', 'rare')).toMatchObject({ kind: 'full' });
    nowMs += 20_000;
    expect(await keep('all', 'rare')).toMatchObject({ kind: 'purged', belowSeq: 181 });
  });

  it('is not held back by a new consumer for what was there before it', async () => {
    await publish(180);
    await makeConsumer('new', 'n.>', DeliverPolicy.New);
    expect(await keep('new')).toMatchObject({ kind: 'purged', belowSeq: 181 });
  });

  it('keeps what a consumer gets again after it was reset', async () => {
    await makeConsumer('all', 'n.>');
    await publish(180);
    const taken = await take('all', 180);
    for (const message of taken.slice(0, 40)) await message.ackAck();
    for (const message of taken.slice(60)) await message.ackAck();
    await connection.request(`$JS.API.CONSUMER.RESET.${STREAM}.all`, '{}', { timeout: 2_000 });
    await keepLater('all');
    expect(await firstSeq()).toBe(41);
    expect((await take('all', 1))[0]?.seq).toBe(41);
  });

  it('gives up nothing where a consumer that should be there is not', async () => {
    await makeConsumer('all', 'n.>');
    await publish(180);
    await handle('all', 180);
    expect(await keepLater('all', 'gone')).toEqual({ kind: 'full', reason: 'consumer gone is missing' });
    expect(await firstSeq()).toBe(1);
  });

  it('begins anew where it was made again', async () => {
    await makeConsumer('rare', 'n.rare');
    await publish(180);
    await keepLater('rare');
    await manager.streams.delete(STREAM);
    await makeStream();
    await makeConsumer('rare', 'n.rare');
    await publish(180);
    expect(await keep('rare')).toMatchObject({ kind: 'full' });
  });
});

const FILTERS = { all: 'n.>', some: 'n.some', rare: 'n.rare' } as const;
type Name = keyof typeof FILTERS;

describe('under traffic', () => {
  it('never gives up what somebody has not acknowledged', async () => {
    const wanted: Record<Name, Set<number>> = { all: new Set(), some: new Set(), rare: new Set() };
    const acknowledged: Record<Name, Set<number>> = { all: new Set(), some: new Set(), rare: new Set() };
    const names = ['all', 'some', 'rare'] as const;
    for (const name of names) await makeConsumer(name, FILTERS[name]);
    const total = 3_000;
    let stored = 0;

    const publishing = async () => {
      const js = jetstream(connection);
      while (stored < total) {
        const topic = stored % 200 === 199 ? 'rare' : stored % 3 === 0 ? 'some' : 'common';
        // Full: until there is room again.
        const seq = await until(() => js.publish(`n.${topic}`, BODY).then((ack) => ack.seq), { describe: 'room' });
        stored += 1;
        wanted.all.add(seq);
        if (topic !== 'common') wanted[topic].add(seq);
      }
    };
    const isDone = (name: Name) => stored === total && acknowledged[name].size === wanted[name].size;
    /** So many are in a consumer's hands at any time. */
    const holds = { all: 20, some: 7, rare: 0 };
    const held: Record<Name, JsMsg[]> = { all: [], some: [], rare: [] };
    const acknowledge = async (name: Name, keepBack: number) => {
      while (held[name].length > keepBack) {
        const message = held[name].shift();
        if (message !== undefined && (await message.ackAck())) acknowledged[name].add(message.seq);
      }
    };
    /** Every seventh is given back, and comes again behind others. */
    const consuming = async (messages: ConsumerMessages, name: Name) => {
      let delivered = 0;
      for await (const message of messages) {
        delivered += 1;
        if (delivered % 7 === 0) message.nak();
        else held[name].push(message);
        await acknowledge(name, stored < total ? holds[name] : 0);
      }
    };
    let purged = 0;
    const keeping = async () => {
      while (!names.every(isDone)) {
        nowMs += 20_000;
        const outcome = await keep(...names);
        if (outcome.kind === 'purged') purged += outcome.messages;
        const first = await firstSeq();
        const lost = names.flatMap((name) =>
          [...wanted[name]].filter((seq) => seq < first && !acknowledged[name].has(seq)).map((seq) => `${name} ${seq}`),
        );
        expect(lost).toEqual([]);
      }
    };
    const reading: Promise<void>[] = [];
    const open: ConsumerMessages[] = [];
    for (const name of names) {
      const consumer = await jetstream(connection).consumers.get(STREAM, name);
      const messages = await consumer.consume({ max_messages: 40 });
      open.push(messages);
      reading.push(consuming(messages, name));
    }
    const ending = publishing().then(() => Promise.all(names.map((name) => acknowledge(name, 0))));
    await Promise.all([ending, keeping()]);
    for (const messages of open) await messages.close();
    await Promise.all(reading);
    expect(purged).toBeGreaterThan(total - 2 * MAX_MESSAGES);
  });
});
