import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { bodyOf, envelope, put } from './put.ts';
import { type OpenStore, openStore } from './store.ts';

trackLeaks();

let broker: Broker;
const replicas: (OpenStore & { disconnect: () => Promise<void> })[] = [];

beforeEach(async () => {
  broker = await startBroker();
  for (let i = 0; i < 2; i += 1) {
    const connection = await connect({ servers: broker.server.url });
    replicas.push({ ...(await openStore(connection)), disconnect: () => connection.close() });
  }
});
afterEach(async () => {
  for (const { close, disconnect } of replicas.splice(0)) {
    await close();
    await disconnect();
  }
  await broker.close();
});

it('groups of two replicas at the same time do not meet in the server', async () => {
  for (let round = 0; round < 60; round += 1) {
    const puts = replicas.flatMap(({ store }, replica) =>
      Array.from({ length: 200 }, (_, i) =>
        put(store, envelope(`icw.${TOKEN}.n.00.t`, `${replica}-${round}-${i}`), bodyOf(2_000)),
      ),
    );
    await Promise.all(puts);
  }
  for (const { groups } of replicas) expect(Object.keys(await groups())).toEqual(['stored']);
});
