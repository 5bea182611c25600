import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Desired, desiredStreams } from '#operator/streams/desired.ts';
import { createStreamsKeeper } from '#operator/streams/keeper.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';

trackLeaks();

let server: NatsServer;
let connection: NatsConnection;
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  connection = await connect({ servers: server.url });
});
afterEach(async () => {
  const manager = await jetstreamManager(connection);
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  await connection.close();
});

/** Of a resource of this name, with two handlers in order: eight consumers. */
function desired(name: string): Desired {
  const handlers = ['one', 'two'].map((handler) => ({ name: handler, builtin: {} }));
  const of = webhook({ handlers });
  return desiredStreams({ ...of, metadata: { ...of.metadata, name } }, streamFacts({ uid: name }));
}

/** How many requests that takes. */
async function requests(work: () => Promise<unknown>): Promise<number> {
  const before = connection.stats().outMsgs;
  await work();
  return connection.stats().outMsgs - before;
}

const OWN_STREAMS = 2;
const SHARED_STREAMS = 2;
const CONSUMERS = 8;
const LIST = 1;

describe('the requests for the streams of a resource', () => {
  it('are two for each stream that is made, and one for each consumer', async () => {
    const asked = await requests(() => reconcileStreams(desired('a'), connection));
    expect(asked).toBe(2 * (OWN_STREAMS + SHARED_STREAMS) + LIST + CONSUMERS);
  });

  it('are one for each stream, and one list of consumers, where nothing has to be changed', async () => {
    await reconcileStreams(desired('a'), connection);
    const asked = await requests(() => reconcileStreams(desired('a'), connection));
    expect(asked).toBe(OWN_STREAMS + SHARED_STREAMS + LIST);
  });

  it('are none for what another resource of the account has asked for lately', async () => {
    const clock = createFakeClock();
    const keeper = createStreamsKeeper({ of: async () => ({ kind: 'connected', connection }) }, clock);
    const bring = (name: string) => keeper.bring({ namespace: 'crm', uid: name }, desired(name));
    const own = 2 * OWN_STREAMS + LIST + CONSUMERS;
    expect(await requests(() => bring('a'))).toBe(own + 2 * SHARED_STREAMS);
    expect(await requests(() => bring('b'))).toBe(own);
    clock.advance(300_000);
    expect(await requests(() => bring('c'))).toBe(own + SHARED_STREAMS);
    keeper.forget();
    expect(await requests(() => bring('d'))).toBe(own + SHARED_STREAMS);
  });
});
