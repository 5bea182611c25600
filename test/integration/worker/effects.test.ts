import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeEffect, type Effect } from '#services/worker/effect.ts';
import { EffectStore } from '#services/worker/effect-store.ts';
import { HEADERS, STREAMS } from '#shared/contract.ts';
import { mentions, seal } from '#shared/envelope.ts';
import { dedupId, readNotification } from '#shared/notification.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { bodyOf } from './setup.ts';

trackLeaks();

let broker: Broker;
let connection: NatsConnection;
let store: EffectStore;

beforeAll(async () => {
  broker = await startBroker();
  connection = await connect({
    servers: broker.server.url,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    timeout: 2_000,
  });
  store = new EffectStore(connection, { webhook: TOKEN, handler: 'support', ttlMs: 7_200_000 });
});

afterEach(async () => {
  await broker.manager.streams.purge(STREAMS.effects);
  await broker.manager.streams.update(STREAMS.effects, { allow_atomic: true, max_bytes: 64 * 1024 * 1024 });
});

afterAll(async () => {
  await connection.close();
  await broker.close();
});

const note = (body: string, conversation_id = '1'): Effect => ({ type: 'note', admin_id: '7', conversation_id, body });
const EVENT: Effect = { type: 'data-event', event_name: 'updated-plan', created_at: 5, contact_id: '5f1e' };

function asked(id: string, effects: readonly Effect[]) {
  const reading = readNotification(Buffer.from(bodyOf(id)));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  const { notification } = reading;
  return { headers: seal(TOKEN, notification, 1_700_000_001_000).headers, id: dedupId(notification), effects };
}

interface Found {
  readonly subject: string;
  readonly effect: Effect;
  readonly header: (name: string) => string;
  readonly mentions: ReturnType<typeof mentions>;
}

async function stored(): Promise<Found[]> {
  const { streams } = broker.manager;
  const { state } = await streams.info(STREAMS.effects);
  const found: Found[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await streams.getMessage(STREAMS.effects, { seq });
    if (message === null) continue;
    const { subject, header, data } = message;
    const effect = decodeEffect(Buffer.from(data).toString());
    found.push({ subject, effect, header: (name) => header.get(name), mentions: mentions(header) });
  }
  return found;
}

const effectsStored = async () => (await stored()).map(({ effect }) => effect);

describe('the effects of an answer', () => {
  it('are stored one by one, with what tells whose they are', async () => {
    expect(await store.put(asked('n1', [note('a'), EVENT]))).toBe('stored');
    const [first, second, ...others] = await stored();
    expect(others).toEqual([]);
    expect([first?.effect, second?.effect]).toEqual([note('a'), EVENT]);
    expect(first?.subject).toMatch(new RegExp(`^icw\\.${TOKEN}\\.fx\\.support\\.[\\w-]{22}\\.0$`));
    expect(second?.subject).toBe(first?.subject.replace(/0$/, '1'));
    const header = first?.header ?? (() => '');
    expect(header(HEADERS.version)).toBe('1');
    expect(header(HEADERS.id)).toBe('n1');
    expect(header(HEADERS.key)).toBe('conversation/cv-n1');
    expect(header('Nats-Msg-Id')).toBe('');
    expect(header('Nats-TTL')).toMatch(/^(7200|2h)/);
  });

  it('are found by the ids of the notification, and by those that they name themselves', async () => {
    await store.put(asked('n1', [note('a', 'other'), EVENT]));
    const [first, second] = await stored();
    expect(first?.mentions).toEqual({ contacts: [], conversations: ['cv-n1', 'other'] });
    expect(second?.mentions).toEqual({ contacts: ['5f1e'], conversations: ['cv-n1'] });
  });

  it('are stored once, however often they are put', async () => {
    for (const effects of [[note('single')], [note('a'), note('b'), note('c')]]) {
      const id = `n-${effects.length}`;
      expect(await store.put(asked(id, effects))).toBe('stored');
      expect(await store.put(asked(id, effects))).toBe('stored-before');
    }
    expect(await effectsStored()).toHaveLength(4);
  });

  it('are those of the first answer, though a second says something else', async () => {
    await store.put(asked('n1', [note('first'), note('first')]));
    for (const count of [1, 2, 3]) {
      const other = Array.from({ length: count }, () => note('second'));
      expect(await store.put(asked('n1', other))).toBe('stored-before');
    }
    expect(await effectsStored()).toEqual([note('first'), note('first')]);
  });

  it('are those of one answer alone, though many are put at once', async () => {
    const puts = Array.from({ length: 10 }, (_, i) =>
      store.put(
        asked(
          'n1',
          Array.from({ length: 3 }, () => note(`${i}`)),
        ),
      ),
    );
    const ends = await Promise.allSettled(puts);
    expect(ends.filter((end) => end.status === 'fulfilled' && end.value === 'stored')).toHaveLength(1);
    const bodies = (await effectsStored()).map((effect) => effect.type === 'note' && effect.body);
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });

  it('are apart for each notification and handler', async () => {
    const other = new EffectStore(connection, { webhook: TOKEN, handler: 'other', ttlMs: 7_200_000 });
    const { id, effects } = asked('n1', [note('a')]);
    // A message that lost its headers is stored all the same.
    for (const to of [store, other]) expect(await to.put({ headers: undefined, id, effects })).toBe('stored');
    expect(await store.put({ headers: headers(), id: `${id}2`, effects })).toBe('stored');
  });

  it('may be none', async () => {
    expect(await store.put(asked('n1', []))).toBe('stored');
    expect(await effectsStored()).toEqual([]);
  });
});

describe('all or none is stored', () => {
  it('where there is no room for the last of them', async () => {
    await broker.manager.streams.update(STREAMS.effects, { max_bytes: 30_000 });
    const large = Array.from({ length: 4 }, () => note('x'.repeat(10_000)));
    await expect(store.put(asked('n1', large))).rejects.toThrow('maximum bytes exceeded');
    expect(await effectsStored()).toEqual([]);
  });

  it('where the stream takes no batches', async () => {
    await broker.manager.streams.update(STREAMS.effects, { allow_atomic: false });
    await expect(store.put(asked('n1', [note('a'), note('b')]))).rejects.toThrow('atomic publish is disabled');
    expect(await effectsStored()).toEqual([]);
  });

  it('where the broker is killed again and again', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `k${i}`);
    const puttingAll = Promise.all(
      ids.map((id) =>
        until(() => store.put(asked(id, [note('a'), note('b'), note('c')])), {
          describe: `the effects of ${id}`,
          timeoutMs: 40_000,
        }),
      ),
    );
    for (let kills = 0; kills < 3; kills += 1) {
      await broker.server.kill();
      await broker.server.restart();
      await until(async () => (await effectsStored()).length > kills * 3, { describe: 'some to be stored' });
    }
    await puttingAll;
    const subjects = (await stored()).map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(180);
    expect(subjects).toHaveLength(180);
  });
});

it('a broker that does not answer is an error, and the same call can be made again', async () => {
  const call = asked('n1', [note('a'), note('b')]);
  await broker.server.freeze();
  const failing = expect(store.put(call)).rejects.toThrow(/timeout|TIMEOUT/i);
  await failing;
  broker.server.thaw();
  const end = await until(() => store.put(call), { describe: 'the effects to be stored' });
  expect(end).toMatch(/^stored/);
  expect(await effectsStored()).toEqual([note('a'), note('b')]);
});
