import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { desiredStreams } from '#operator/streams/desired.ts';
import { type Brokers, createStreamsKeeper } from '#operator/streams/keeper.ts';
import { removeStreams } from '#operator/streams/remove.ts';
import { STREAMS, SUBJECTS } from '#shared/contract.ts';
import { TOKEN } from '#test/support/broker.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { until } from '#test/support/until.ts';
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

const EVENTS = STREAMS.events(TOKEN);
const READY = { kind: 'ready' };
const OF = { namespace: 'crm', uid: streamFacts().uid };
const desired = (uid = OF.uid, clusterId = 'test-cluster') =>
  desiredStreams(
    webhook({ handlers: [{ name: 'support', builtin: {}, orderBy: 'None' }] }),
    streamFacts({ uid, clusterId }),
  );
const names = async () => {
  const all: string[] = [];
  for await (const { config } of manager.streams.list()) all.push(config.name);
  return all.toSorted();
};

describe('a keeper of streams', () => {
  function scene(brokers: Brokers = { of: async () => ({ kind: 'connected', connection }) }) {
    const clock = createFakeClock();
    const keeper = createStreamsKeeper(brokers, clock);
    return { clock, keeper, bring: () => keeper.bring(OF, desired()) };
  }

  it('looks again after four minutes, when something else is desired, and when it is told to forget', async () => {
    const { clock, keeper, bring } = scene();
    const isThereAgain = async () => {
      const isThere = (await names()).includes(EVENTS);
      if (isThere) await manager.streams.delete(EVENTS);
      return isThere;
    };
    expect(await bring()).toEqual(READY);
    expect(await isThereAgain()).toBe(true);
    clock.advance(229_999);
    expect(await bring()).toEqual(READY);
    expect(await isThereAgain()).toBe(false);
    clock.advance(1);
    expect(await bring()).toEqual(READY);
    expect(await isThereAgain()).toBe(true);
    const more = { ...desired(), consumers: { stream: EVENTS, of: [] } };
    expect(await keeper.bring(OF, more)).toEqual(READY);
    expect(await isThereAgain()).toBe(true);
    for (const uid of [OF.uid, undefined]) {
      await keeper.bring(OF, more);
      keeper.forget(uid);
      await keeper.bring(OF, more);
      expect(await isThereAgain()).toBe(true);
    }
  });

  it('does not believe what was compared before it was told to forget', async () => {
    const { keeper, bring } = scene();
    const comparing = bring();
    keeper.forget();
    expect(await comparing).toEqual(READY);
    await manager.streams.delete(EVENTS);
    await bring();
    expect(await names()).toContain(EVENTS);
  });

  it('tells each time of what belongs to somebody else', async () => {
    const { keeper, bring } = scene();
    await keeper.bring({ ...OF, uid: 'before' }, desired('before'));
    for (let pass = 0; pass < 2; pass += 1) {
      expect(await bring()).toMatchObject({
        kind: 'refused',
        refusals: expect.arrayContaining([
          expect.objectContaining({ object: `stream ${EVENTS}`, reason: expect.stringContaining('with UID before') }),
        ]),
      });
    }
  });

  it('is away where NATS does not answer, and goes on when it does', async () => {
    const { bring } = scene();
    await server.freeze();
    expect(await bring()).toMatchObject({
      kind: 'away',
      message: expect.stringContaining('NATS did not do what it was asked for: '),
    });
    server.thaw();
    expect(await until(bring, { describe: 'NATS to answer' })).toEqual(READY);
  });
});

describe('the streams of a resource that goes', () => {
  const keep = (of: ReturnType<typeof desired>) =>
    createStreamsKeeper({ of: async () => ({ kind: 'connected', connection }) }, createFakeClock()).bring(OF, of);
  const letters = async () => (await manager.streams.info(STREAMS.deadLetters)).state.messages;
  const other = SUBJECTS.deadLettersOfWebhook('other').replace('>', 'h.t');

  it('go, and what it has in shared ones; that of others stays, and a second time nothing is left to do', async () => {
    await keep(desired());
    const js = manager.jetstream();
    await js.publish(SUBJECTS.deadLettersOfWebhook(TOKEN).replace('>', 'support.topic'));
    await js.publish(other);
    for (let time = 0; time < 2; time += 1) {
      await removeStreams(TOKEN, desired(), connection);
      expect(await names()).toEqual([STREAMS.deadLetters, STREAMS.effects].toSorted());
      expect(await letters()).toBe(1);
    }
    expect(await manager.streams.getMessage(STREAMS.deadLetters, { last_by_subj: other })).not.toBeNull();
  });

  it.each([
    ['another resource that has its name', desired('another')],
    ['another cluster', desired(OF.uid, 'another')],
  ])('stay where they are those of %s', async (_, theirs) => {
    await keep(theirs);
    const before = await names();
    await removeStreams(TOKEN, desired(), connection);
    expect(await names()).toEqual(before);
  });
});
