import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { decodeEffect, type Effect } from '#services/worker/effect.ts';
import { EffectStore } from '#services/worker/effect-store.ts';
import { STREAMS } from '#shared/contract.ts';
import { TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';

trackLeaks();

const STREAM = STREAMS.effects;

let servers: NatsServer[];
let connection: NatsConnection;

beforeAll(async () => {
  servers = await startCluster();
  connection = await connect({
    servers: servers.map(({ url }) => url),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    timeout: 2_000,
  });
  const config = desiredStreams(webhook(), streamFacts({ replicas: 3 })).streams.find(({ name }) => name === STREAM);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const create = () => manager.streams.add({ storage: StorageType.File, ...config, name: STREAM });
  await until(create, { describe: 'the stream', timeoutMs: 20_000 });
});

afterAll(async () => {
  await connection.close();
  for (const server of servers) await server.kill();
  for (const server of servers) await server.close();
});

it('an answer is stored whole and once, though the leader is killed and every call answers differently', async () => {
  const store = new EffectStore(connection, { webhook: TOKEN, handler: 'support', ttlMs: 7_200_000 });
  let said = 0;
  /** As a handler that is called again after each failure, and never says the same twice. */
  const effects = (): Effect[] => {
    said += 1;
    const note: Effect = { type: 'note', admin_id: '7', conversation_id: '1', body: String(said) };
    return Array.from({ length: 1 + (said % 3) }, () => note);
  };
  const ids = Array.from({ length: 300 }, (_, i) => `abc:n${i}`);
  let settled = 0;
  const putting = Promise.all(
    ids.map(async (id) => {
      await until(() => store.put({ headers: undefined, id, effects: effects() }), {
        describe: `the effects of ${id}`,
        timeoutMs: 50_000,
      });
      settled += 1;
    }),
  );
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const ledBy = async () => (await manager.streams.info(STREAM)).cluster?.leader;
  await until(() => settled >= ids.length / 4, { describe: 'a quarter of them', timeoutMs: 30_000 });
  const leader = await until(ledBy, { describe: 'a leader' });
  await servers[Number(leader.slice(1))]?.kill();
  await until(async () => (await ledBy()) !== leader, { describe: 'another leader', timeoutMs: 20_000 });
  await servers[Number(leader.slice(1))]?.restart();
  await putting;

  const { state } = await until(() => manager.streams.info(STREAM), { describe: 'the stream to be there' });
  const byDigest = new Map<string, string[]>();
  for (let seq = 1; seq <= state.last_seq; seq += 1) {
    const message = await manager.streams.getMessage(STREAM, { seq });
    if (message === null) continue;
    const effect = decodeEffect(Buffer.from(message.data).toString());
    const digest = message.subject.split('.').at(-2) ?? '';
    const bodies = byDigest.get(digest) ?? [];
    byDigest.set(digest, [...bodies, effect.type === 'note' ? effect.body : '']);
  }
  expect(byDigest.size).toBe(ids.length);
  for (const bodies of byDigest.values()) {
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(1 + (Number(bodies[0]) % 3));
  }
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
