import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { keyOf } from '#operator/kube/store.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import type { Access } from '#operator/streams/keeper.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { createSurvey } from '#operator/streams/survey.ts';
import { CONSUMERS, STREAMS, SUBJECTS, webhookToken } from '#shared/contract.ts';
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
  connection = await connect({ servers: server.url });
  manager = await jetstreamManager(connection);
});
afterAll(async () => {
  await connection.close();
  await server.close();
});

const ROUND_MS = 30_000;
const [TOPIC = ''] = webhook().spec.topics;
const HANDLERS = [
  { name: 'ordered', builtin: {} },
  { name: 'loose', builtin: {}, orderBy: 'None' as const },
];

/** A resource with streams of its own, and a way to let something wait in them. */
async function arrange(name: string) {
  const plain = webhook({ handlers: HANDLERS });
  const of: IntercomWebhook = { ...plain, metadata: { ...plain.metadata, name } };
  const token = webhookToken('crm', name);
  await reconcileStreams(desiredStreams(of, streamFacts({ uid: name })), connection);
  const js = manager.jetstream();
  const notify = (slot: string) => js.publish(SUBJECTS.notification(token, slot, TOPIC));
  const bury = (handler: string, topic: string) =>
    js.publish(SUBJECTS.deadLettersOfWebhook(token).replace('>', `${handler}.${topic}`));
  return { of, token, notify, bury };
}

function survey(webhooks: () => readonly IntercomWebhook[]) {
  const clock = createFakeClock();
  const changed: string[] = [];
  const failed: string[] = [];
  let refused = 0;
  let access: Access = { kind: 'connected', connection };
  const looking = createSurvey({
    keys: () => webhooks().map(({ metadata }) => keyOf(metadata)),
    find: (key) => webhooks().find(({ metadata }) => keyOf(metadata) === key) ?? null,
    clock,
    brokers: {
      of: async () => {
        if (access.kind === 'away') refused += 1;
        return access;
      },
    },
    onChange: (key) => changed.push(key),
    onRoom: (_, outcome) => expect.unreachable(outcome.kind),
    onFailure: (key) => failed.push(key),
  });
  const end = new AbortController();
  const done = looking.run(end.signal);
  onTestFinished(async () => {
    end.abort();
    await done;
  });
  /** Lets the next look begin, whenever the one before is over. */
  const goesOn = (condition: () => boolean, describe: string) =>
    until(
      () => {
        if (condition()) return true;
        clock.advance(ROUND_MS);
        return false;
      },
      { describe },
    );
  const become = (to: Access) => {
    access = to;
  };
  return { looking, changed, failed, goesOn, become, awayFor: () => refused };
}

describe('a survey', () => {
  it('counts what waits for each handler, acknowledged or not, and its dead letters of every topic', async () => {
    const { of, token, notify, bury } = await arrange('counted');
    const { looking, changed, goesOn } = survey(() => [of]);
    expect(looking.of('crm/counted')).toBeNull();
    await goesOn(() => changed.length === 1, 'the first look');
    expect(looking.of('crm/counted')).toEqual(new Map(HANDLERS.map(({ name }) => [name, { lag: 0, deadLetters: 0 }])));
    for (const slot of ['00', '20', '40', '63']) await notify(slot);
    for (const topic of ['a', 'a.b']) await bury('loose', topic);
    await bury('somebody', 'a');
    const consumer = await manager.jetstream().consumers.get(STREAMS.events(token), CONSUMERS.unordered('loose'));
    const messages = await consumer.fetch({ max_messages: 2, expires: 1_000 });
    let taken = 0;
    for await (const message of messages) {
      taken += 1;
      // The other one is neither pending nor acknowledged.
      if (taken === 1) await message.ackAck();
    }
    await goesOn(() => changed.length === 2, 'the next look');
    expect(looking.of('crm/counted')).toEqual(
      new Map([
        ['ordered', { lag: 4, deadLetters: 0 }],
        ['loose', { lag: 3, deadLetters: 2 }],
      ]),
    );
    expect(changed).toEqual(['crm/counted', 'crm/counted']);
  });

  it('tells of no change where there is none, and forgets what is not there any more', async () => {
    const one = await arrange('steady');
    const other = await arrange('leaving');
    let all = [one.of, other.of];
    const { looking, changed, goesOn } = survey(() => all);
    await goesOn(() => changed.includes('crm/leaving'), 'both to be seen');
    all = [one.of];
    await goesOn(() => looking.of('crm/leaving') === null, 'one to be forgotten');
    expect(looking.of('crm/steady')).not.toBeNull();
    expect(changed.toSorted()).toEqual(['crm/leaving', 'crm/steady']);
  });

  it('begins with a resource when asked to, once, and tells of that no more than of what it finds again', async () => {
    const { of, notify } = await arrange('begun');
    const other = await arrange('later');
    let all: readonly IntercomWebhook[] = [];
    const { looking, changed, goesOn } = survey(() => all);
    await looking.begin(of);
    const nothing = new Map(HANDLERS.map(({ name }) => [name, { lag: 0, deadLetters: 0 }]));
    expect(looking.of('crm/begun')).toEqual(nothing);
    all = [of, other.of];
    await goesOn(() => changed.length > 0, 'all to be looked at');
    expect(changed).toEqual(['crm/later']);
    await notify('00');
    await looking.begin(of);
    expect(looking.of('crm/begun')).toEqual(nothing);
    await goesOn(() => changed.includes('crm/begun'), 'what came');
  });

  it('does not begin again with a resource of which it learnt nothing', async () => {
    const { of } = await arrange('away');
    const { looking, become, awayFor } = survey(() => []);
    become({ kind: 'away', message: 'NATS is not reached' });
    await looking.begin(of);
    await looking.begin(of);
    expect(awayFor()).toBe(1);
    expect(looking.of('crm/away')).toBeNull();
  });

  it('goes on with the others where one has no streams, and knows what it knew while NATS is away', async () => {
    const { of } = await arrange('well');
    const without: IntercomWebhook = { ...of, metadata: { ...of.metadata, name: 'without' } };
    const { looking, changed, failed, goesOn, become, awayFor } = survey(() => [without, of]);
    await goesOn(() => changed.length === 1, 'the one to be seen');
    // They are for the reconciler to make, and to report.
    expect(failed).toEqual([]);
    expect(looking.of('crm/without')).toBeNull();
    const before = looking.of('crm/well');
    become({ kind: 'away', message: 'NATS is not reached' });
    const asked = awayFor();
    await goesOn(() => awayFor() > asked + 4, 'two rounds more');
    expect(looking.of('crm/well')).toEqual(before);
    expect(changed).toEqual(['crm/well']);
  });
});
