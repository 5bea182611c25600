import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Claims } from '#services/worker/claims/port.ts';
import { redisClaims } from '#services/worker/claims/redis.ts';
import { connectRedis } from '#services/worker/claims/redis-client.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type RedisServer, startRedisServer } from '#test/support/redis-server.ts';
import { until } from '#test/support/until.ts';
import { claimsConformance } from './conformance.ts';

trackLeaks();

const PREFIX = 'icw:w1:claim:';
const DEEP = { depth: null, showHidden: true };
const RETENTION_MS = 3_600_000;

let server: RedisServer;
const opened: Claims[] = [];

async function open(options: { owner: string; leaseMs: number; nowMs?: () => number; retentionMs?: number }) {
  const redis = connectRedis(server.url, () => {});
  await until(() => redis.status === 'ready', { describe: 'a connection to Redis' });
  const claims = redisClaims({ redis, prefix: PREFIX, retentionMs: RETENTION_MS, ...options });
  opened.push(claims);
  return claims;
}

/** A plain client beside the claims. */
async function withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

beforeAll(async () => {
  server = await startRedisServer({ config: { appendonly: 'yes', appendfsync: 'always' } });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((claims) => claims.close()));
});
afterAll(() => server.close());

claimsConformance(() => ({
  open,
  kill: () => server.stop('SIGKILL'),
  restart: () => server.restart(),
  freeze: () => server.freeze(),
  thaw: () => server.thaw(),
}));

it('keeps a record for the retention after its last write', async () => {
  const claims = await open({ owner: 'one', leaseMs: 1_000, retentionMs: 50_000 });
  const result = await claims.claim('handler.kept');
  if (result.kind !== 'claimed') expect.fail(result.kind);
  await withRedis(async (redis) => {
    await redis.pexpire(`${PREFIX}handler.kept`, 10_000);
    await result.claim.finish('handled');
    const leftMs = await redis.pttl(`${PREFIX}handler.kept`);
    expect(leftMs).toBeGreaterThan(40_000);
    expect(leftMs).toBeLessThanOrEqual(50_000);
  });
});

it('never gives a revision twice, also after a record has expired', async () => {
  const claims = await open({ owner: 'one', leaseMs: 60_000 });
  const first = await claims.claim('handler.expired');
  if (first.kind !== 'claimed') expect.fail(first.kind);
  await withRedis((redis) => redis.del(`${PREFIX}handler.expired`));
  expect((await claims.claim('handler.expired')).kind).toBe('claimed');
  expect(await first.claim.finish('handled')).toBe(false);
});

it('works after Redis has forgotten its scripts', async () => {
  const claims = await open({ owner: 'one', leaseMs: 60_000 });
  await claims.claim('handler.before');
  await withRedis((redis) => redis.script('FLUSH'));
  expect((await claims.claim('handler.after')).kind).toBe('claimed');
});

it('refuses a record of a newer release instead of overwriting it', async () => {
  await withRedis((redis) => redis.hset(`${PREFIX}handler.newer`, { b: '{"v":2}', r: '5' }));
  const claims = await open({ owner: 'one', leaseMs: 60_000 });
  await expect(claims.claim('handler.newer')).rejects.toThrow('format version 2');
});

it('tells why there is no connection, without the password', async () => {
  const told: string[] = [];
  const redis = connectRedis(`redis://user:hunter2@127.0.0.1:${server.port}`, (message) => told.push(message));
  const claims = redisClaims({ redis, prefix: PREFIX, owner: 'one', leaseMs: 1_000, retentionMs: RETENTION_MS });
  const refusal = async () => inspect(await claims.claim('handler.x').catch((error: unknown) => error), DEEP);
  const tells = (reason: string) =>
    until(async () => told.push(await refusal()) && told.at(-1)?.includes(`redis: ${reason}`), { describe: reason });
  await tells('WRONGPASS');
  await server.kill();
  await tells('connect ECONNREFUSED');
  await claims.close();
  expect(told.join('\n')).not.toContain('hunter2');
  await server.restart();
});
