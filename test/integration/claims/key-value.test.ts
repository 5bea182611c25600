import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { keyValueClaims } from '#services/worker/claims/key-value.ts';
import { ClaimStoreUnavailable } from '#services/worker/claims/port.ts';
import { Outbox } from '#services/worker/outbox.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { claimsConformance } from './conformance.ts';

trackLeaks();

const BUCKET = 'claims';
const STREAM = `KV_${BUCKET}`;

let server: NatsServer;
const connections: NatsConnection[] = [];

async function dial(): Promise<NatsConnection> {
  const nc = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 20, timeout: 2_000 });
  connections.push(nc);
  return nc;
}

beforeAll(async () => {
  server = await startNatsServer();
  await new Kvm(await dial()).create(BUCKET, { history: 1, storage: 'file', ttl: 3_600_000 });
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((nc) => nc.close()));
});
afterAll(() => server.close());

claimsConformance(() => ({
  open: async (options) => keyValueClaims({ nc: await dial(), outbox: new Outbox(), bucket: BUCKET, ...options }),
  kill: () => server.kill(),
  restart: () => server.restart(),
  freeze: () => server.freeze(),
  thaw: () => server.thaw(),
}));

it('costs two writes for a message that is handled, and none for one that is done', async () => {
  const nc = await dial();
  const claims = keyValueClaims({ nc, outbox: new Outbox(), bucket: BUCKET, owner: 'one', leaseMs: 60_000 });
  const manager = await jetstreamManager(nc);
  const lastSequence = async () => (await manager.streams.info(STREAM)).state.last_seq;
  const before = await lastSequence();
  const result = await claims.claim('handler.costs');
  if (result.kind !== 'claimed') expect.fail(result.kind);
  await result.claim.finish('handled');
  expect(await lastSequence()).toBe(before + 2);
  await claims.claim('handler.costs');
  expect(await lastSequence()).toBe(before + 2);
});

it('claims again what was deleted', async () => {
  const nc = await dial();
  const claims = keyValueClaims({ nc, outbox: new Outbox(), bucket: BUCKET, owner: 'one', leaseMs: 60_000 });
  const bucket = await new Kvm(nc).open(BUCKET);
  for (const remove of [() => bucket.delete('handler.erased'), () => bucket.purge('handler.erased')]) {
    expect((await claims.claim('handler.erased')).kind).toBe('claimed');
    await remove();
  }
  expect((await claims.claim('handler.erased')).kind).toBe('claimed');
});

it('refuses a record of a newer release instead of overwriting it', async () => {
  const nc = await dial();
  await (await new Kvm(nc).open(BUCKET)).put('handler.newer', '{"v":2}');
  const claims = keyValueClaims({ nc, outbox: new Outbox(), bucket: BUCKET, owner: 'one', leaseMs: 60_000 });
  await expect(claims.claim('handler.newer')).rejects.toThrow('format version 2');
});

it('says what is wrong when there is no bucket', async () => {
  const claims = keyValueClaims({
    nc: await dial(),
    outbox: new Outbox(),
    bucket: 'absent',
    owner: 'one',
    leaseMs: 60_000,
  });
  const asked = claims.claim('handler.x');
  await expect(asked).rejects.toBeInstanceOf(ClaimStoreUnavailable);
  await expect(asked).rejects.toThrow(/^bucket absent: /);
});

it('is a store that is away once its connection is closed', async () => {
  const nc = await dial();
  const claims = keyValueClaims({ nc, outbox: new Outbox(), bucket: BUCKET, owner: 'one', leaseMs: 60_000 });
  await nc.close();
  await expect(claims.claim('handler.closed')).rejects.toBeInstanceOf(ClaimStoreUnavailable);
});
