import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { until } from '#test/support/until.ts';
import { envelope, put } from './put.ts';
import { openStore } from './store.ts';

const STREAM = 'events';

describe('a stream on three servers', () => {
  trackLeaks();
  let servers: NatsServer[];
  let leader: NatsConnection;
  let followers: NatsServer[];

  beforeEach(async () => {
    servers = await startCluster();
    const first = await connect({ servers: servers[0]?.url ?? '' });
    const manager = await jetstreamManager(first, { checkAPI: false });
    const config = { storage: StorageType.File, retention: RetentionPolicy.Limits, num_replicas: 3 };
    await until(() => manager.streams.add({ ...config, name: STREAM, subjects: ['s.>'] }), { describe: 'the stream' });
    const ledBy = () => manager.streams.info(STREAM).then(({ cluster }) => cluster?.leader);
    const name = await until(ledBy, { describe: 'a leader' });
    await first.close();
    const index = Number(name.slice(1));
    followers = servers.filter((_, place) => place !== index);
    leader = await connect({ servers: servers[index]?.url ?? '' });
  });
  afterEach(async () => {
    await leader.close();
    for (const server of servers) await server.kill();
    for (const server of servers) await server.close();
  });

  it('that has no quorum costs no error: what it does not confirm waits in the spool', async () => {
    const { store, spool, close } = await openStore(leader);
    onTestFinished(close);
    expect(await put(store, envelope('s.a', '1'))).toEqual({ kind: 'durable' });
    for (const follower of followers) await follower.freeze();
    const startedMs = performance.now();
    expect(await put(store, envelope('s.a', '2'))).toEqual({ kind: 'durable' });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    for (const follower of followers) follower.thaw();
    await until(() => spool.stats().records === 0, { describe: 'the spool to be drained', timeoutMs: 30_000 });
    const manager = await jetstreamManager(leader, { checkAPI: false });
    expect((await manager.streams.info(STREAM)).state.messages).toBe(2);
  });
});

async function startCluster(): Promise<NatsServer[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  return await Promise.all(
    ports.map((port, index) => {
      const cluster = { name: 'three', host: '127.0.0.1', port, routes };
      return startNatsServer({ config: { server_name: `n${index}`, cluster } });
    }),
  );
}
