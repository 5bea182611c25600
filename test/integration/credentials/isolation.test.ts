import { jetstream } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#operator/credentials/keys.ts';
import { CONSUMERS, PIN_GROUP, STREAMS, SUBJECTS } from '#shared/contract.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { ANYTHING, type Attempts, all, handlerOf, insideOf, notRefused, webhookOf } from './attempts.ts';
import { INGRESS, type Installed, install, workerOf } from './setup.ts';

trackLeaks();

const TOPIC = 'conversation.user.replied';
const [ORDERED, UNORDERED] = ['in-order', 'as-it-comes'];
const container = { image: 'registry.example/handler:1.4' };
const spec = {
  topics: [TOPIC],
  handlers: [
    { name: ORDERED, container },
    { name: UNORDERED, container, orderBy: 'None' as const },
  ],
};

let tenants: NatsTenants;
/** Whose processes are taken to be in somebody's hands; a neighbour in the namespace; and one of its name elsewhere. */
let own: Installed;
let neighbour: Installed;
let stranger: Installed;

beforeAll(async () => {
  tenants = await startNatsTenants();
  own = await install(tenants, { namespace: 'a', name: 'one' }, { spec });
  neighbour = await install(tenants, { namespace: 'a', name: 'two' }, { spec });
  stranger = await install(tenants, { namespace: 'b', name: 'one' }, { spec });
});

afterAll(() => tenants.close());

const wholly = ({ token }: Installed): Attempts =>
  all(webhookOf(token), insideOf(token), handlerOf(token, ORDERED), handlerOf(token, UNORDERED));

async function as<T>(role: Role, of: Installed, act: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await of.connectAs(role);
  try {
    return await act(connection);
  } finally {
    await connection.close();
  }
}

const stored = async ({ manager, token }: Installed): Promise<number> =>
  (await manager.streams.info(STREAMS.events(token))).state.last_seq;

/** Everything that would show that somebody has been at it. */
async function traces({ manager, token }: Installed): Promise<unknown> {
  const stream = STREAMS.events(token);
  const names: string[] = [];
  for await (const { name, delivered, ack_floor } of manager.consumers.list(stream))
    names.push(`${name} ${delivered.consumer_seq} ${ack_floor.consumer_seq}`);
  const states = [stream, STREAMS.deadLetters, STREAMS.effects].map(async (name) => {
    const { messages, last_seq } = (await manager.streams.info(name)).state;
    return { messages, last_seq };
  });
  return { names: names.toSorted(), states: await Promise.all(states) };
}

describe.each([
  ['an ingress', INGRESS],
  ['a worker in order', workerOf(ORDERED)],
  ['a worker without order', workerOf(UNORDERED)],
])('%s', (_, role) => {
  it('is refused everything of another webhook of its namespace', async () => {
    const before = await traces(neighbour);
    expect(await as(role, own, (connection) => notRefused(connection, wholly(neighbour)))).toEqual([]);
    expect(await traces(neighbour)).toEqual(before);
  });

  it('is refused everything of a webhook of another namespace', async () => {
    const before = await traces(stranger);
    expect(await as(role, own, (connection) => notRefused(connection, wholly(stranger)))).toEqual([]);
    expect(await traces(stranger)).toEqual(before);
  });

  it('is refused what belongs to nobody in particular', async () => {
    expect(await as(role, own, (connection) => notRefused(connection, ANYTHING))).toEqual([]);
  });
});

describe('within one webhook', () => {
  it('an ingress is refused everything of its handlers, and to read what it has stored', async () => {
    const { token } = own;
    const { publish, subscribe } = all(
      webhookOf(token),
      insideOf(token),
      handlerOf(token, ORDERED),
      handlerOf(token, UNORDERED),
    );
    const allowed = [`icw.${token}.n.00.${TOPIC}`, `icw.${token}.dlq._ingress.unreadable`, `_INBOX_${token}.ingress.>`];
    const attempts = {
      publish: publish.filter((subject) => !allowed.includes(subject)),
      subscribe: subscribe.filter((subject) => !allowed.includes(subject)),
    };
    expect(await as(INGRESS, own, (connection) => notRefused(connection, attempts))).toEqual([]);
  });

  it.each([
    [ORDERED, UNORDERED],
    [UNORDERED, ORDERED],
  ])('the worker of %s is refused everything of %s, and to write notifications', async (handler, other) => {
    const attempts = all(webhookOf(own.token), handlerOf(own.token, other));
    expect(await as(workerOf(handler), own, (connection) => notRefused(connection, attempts))).toEqual([]);
  });

  it('a worker without order cannot read by sequence what it was not given', async () => {
    const attempts = { publish: [`$JS.API.DIRECT.GET.${STREAMS.events(own.token)}`], subscribe: [] };
    expect(await as(workerOf(UNORDERED), own, (connection) => notRefused(connection, attempts))).toEqual([]);
  });
});

describe('an account', () => {
  it('knows only the streams of its namespace, whatever is allowed in it', async () => {
    const names: string[] = [];
    for await (const name of own.manager.streams.names()) names.push(name);
    expect(names).toContain(STREAMS.events(own.token));
    expect(names).toContain(STREAMS.events(neighbour.token));
    expect(names).not.toContain(STREAMS.events(stranger.token));
  });

  it.each([
    [UNORDERED, CONSUMERS.unordered(UNORDERED), {}],
    [ORDERED, CONSUMERS.ordered(ORDERED, 0), { group: PIN_GROUP }],
  ])('keeps to itself what the worker of %s has sent to the subject of a stranger', async (handler, consumer, pin) => {
    const stream = STREAMS.events(own.token);
    const body = JSON.stringify({ batch: 1, expires: nanos(5_000), ...pin });
    const sendTo = (connection: NatsConnection, { token }: Installed) =>
      connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, body, {
        reply: SUBJECTS.notification(token, '00', handler),
      });
    const [before, storedBefore] = [await traces(stranger), await stored(neighbour)];
    await as(workerOf(handler), own, async (connection) => {
      sendTo(connection, stranger);
      await connection.flush();
      await jetstream(own.operator).publish(SUBJECTS.redriven(own.token, handler, '00', TOPIC), 'to be redirected');
      // Within a namespace it gets there, which is why each has an account.
      sendTo(connection, neighbour);
      await until(async () => (await stored(neighbour)) > storedBefore, { describe: 'the neighbour to be written to' });
    });
    expect(await traces(stranger)).toEqual(before);
  });
});
