import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { startRedisServer } from '#test/support/redis-server.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

it('was told by the set-up where the programs are', () => {
  expect(process.env['NATS_SERVER']).toMatch(/nats-server$/);
  expect(process.env['REDIS_SERVER']).toMatch(/redis-server$/);
});

it('keeps streams over a kill and a restart on the same port', async () => {
  const server = await startNatsServer();
  const nc = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 20, timeout: 2_000 });
  expect(nc.info?.max_payload).toBe(4 * 1024 * 1024);
  const manager = await jetstreamManager(nc, { timeout: 500 });
  await manager.streams.add({ name: 'kept', subjects: ['kept.>'] });
  const { pid } = server;
  await server.kill();
  await server.restart();
  expect(server.pid).not.toBe(pid);
  const info = await until(() => manager.streams.info('kept'), { describe: 'the client to be back' });
  expect(info.config.name).toBe('kept');
  await nc.close();
  await server.close();
});

it('names the client that is still connected when a nats-server is closed', async () => {
  const server = await startNatsServer();
  const nc = await connect({ servers: server.url, name: 'forgotten' });
  await expect(server.close()).rejects.toThrow('still open: forgotten');
  await nc.close();
});

it('freezes a server and lets it go on', async () => {
  const server = await startRedisServer();
  const redis = new Redis(server.url, { commandTimeout: 500 });
  await redis.set('a', '1');
  await server.freeze();
  await expect(redis.get('a')).rejects.toThrow('timed out');
  server.thaw();
  expect(await until(() => redis.get('a'), { describe: 'an answer' })).toBe('1');
  redis.disconnect();
  await server.close();
});

it('takes further settings for nats-server', async () => {
  const server = await startNatsServer({ config: { server_name: 'mine', jetstream: { max_file_store: 1_000_000 } } });
  const nc = await connect({ servers: server.url });
  expect(nc.info?.server_name).toBe('mine');
  expect((await (await jetstreamManager(nc)).getAccountInfo()).limits).toBeDefined();
  await nc.close();
  await server.close();
});

it('shows the log of a server that does not start', async () => {
  await expect(startNatsServer({ config: { no_such_setting: 1 } })).rejects.toThrow('no_such_setting');
  await expect(startRedisServer({ config: { 'no-such-setting': '1' } })).rejects.toThrow('no-such-setting');
});

it('keeps what an append-only redis-server was given over a kill', async () => {
  const server = await startRedisServer({ config: { appendonly: 'yes', appendfsync: 'always' } });
  const before = new Redis(server.url);
  await before.set('a', '1');
  before.disconnect();
  await server.kill();
  await server.restart();
  const after = new Redis(server.url);
  expect(await after.get('a')).toBe('1');
  after.disconnect();
  await server.close();
});
