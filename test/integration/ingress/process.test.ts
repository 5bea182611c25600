import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { IngressEnv } from '#shared/contract.ts';
import { type Broker, startBroker, storedEvents } from '#test/support/broker.ts';
import { entryPoint } from '#test/support/image.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { rawConnection } from '#test/support/raw-connection.ts';
import { until } from '#test/support/until.ts';
import { send } from './client.ts';
import { type IngressProcess, startIngressProcess } from './process.ts';
import { notification, PATH, post, rawPost, SECRET, sign } from './setup.ts';

trackLeaks();

let broker: Broker;
let ingress: IngressProcess;

beforeAll(async () => {
  broker = await startBroker();
});

afterEach(() => ingress.child.close());
afterAll(() => broker.close());

const start = async (changes: Partial<IngressEnv> = {}) => {
  ingress = await startIngressProcess({ natsUrl: broker.server.url, changes });
};
const storedIds = async () => (await storedEvents(broker)).map((event) => event.header('Icw-Id'));

it('starts, stores, and ends with exit code 0 when asked to', async () => {
  await start();
  expect((await post(ingress.url, notification({ id: 'process' }))).status).toBe(200);
  expect(await storedIds()).toContain('process');
  await ingress.child.stop();
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
});

it('takes a new secret, and forgets the old one, without a restart', async () => {
  await start();
  const status = async (secret: string) =>
    (await post(ingress.url, 'null', { 'x-hub-signature': sign('null', secret) })).status;
  expect([await status(SECRET), await status('next-secret')]).toEqual([200, 401]);
  ingress.writeSecrets('next-secret', SECRET);
  await until(async () => (await status('next-secret')) === 200, { describe: 'the new secret to be read' });
  expect(await status(SECRET)).toBe(200);
  ingress.writeSecrets('next-secret', 'third-secret');
  await until(async () => (await status(SECRET)) === 401, { describe: 'the old secret to be forgotten' });
  ingress.writeSecrets('', '');
  await until(() => /not readable, the last ones stay/.test(ingress.child.log()), {
    describe: 'the empty files to be noticed',
  });
  expect(await status('third-secret')).toBe(200);
});

it('writes nothing of what it receives, and no secret, to its log', async () => {
  await start({ LOG_LEVEL: 'debug' });
  const body = notification({ id: 'private', data: { item: { type: 'contact', email: 'ada@example.com' } } });
  const large = body.padEnd(2 * 1024 * 1024, ' ');
  for (const text of [body, 'ada@example.com is not JSON', '{"email":"ada@example.com"}']) {
    expect((await post(ingress.url, text)).status).toBe(200);
    expect((await post(ingress.url, text, { 'x-hub-signature': `sha1=${'a1'.repeat(20)}` })).status).toBe(401);
  }
  expect((await post(ingress.url, large)).status).toBe(413);
  await ingress.child.stop();
  const log = ingress.child.log();
  expect(log).toContain('signature refused');
  expect(log).toContain('signed request is not a notification');
  for (const kept of ['ada@example.com', SECRET, sign(body).slice(5), 'a1a1a1a1']) expect(log).not.toContain(kept);
});

it('names every variable that is missing, and ends with exit code 1', async () => {
  await start();
  const { status, stderr } = spawnSync(process.execPath, [entryPoint('ingress')], {
    env: { PATH: process.env['PATH'], PORT: 'eighty' },
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(status).toBe(1);
  for (const name of Object.keys(IngressEnv.shape)) expect(stderr).toContain(`${name}: `);
  expect(stderr).toContain('PORT: must be a whole number');
});

it('says which folder holds no secret, and ends with exit code 1', async () => {
  await start();
  ingress.writeSecrets('');
  await ingress.child.stop();
  await expect(ingress.child.restart()).rejects.toThrow(/no signing secret in .*secrets: check spec\.signing/);
});

it('loses and refuses nothing when it is asked to end under load', async () => {
  await start({ DRAIN_DELAY_MS: 3_000 });
  const answered: string[] = [];
  let draining = false;
  let whileDraining = 0;
  const sender = async (name: number) => {
    for (let i = 0; whileDraining < 200; i += 1) {
      const id = `load-${name}-${i}`;
      const { status, headers } = await post(ingress.url, notification({ id }));
      expect(status).toBe(200);
      answered.push(id);
      if (headers['connection'] === 'close') whileDraining += 1;
      else expect(draining && whileDraining > 100).toBe(false);
    }
  };
  const senders = Promise.all(Array.from({ length: 8 }, (_, name) => sender(name)));
  await until(() => answered.length > 50, { describe: 'the load to flow' });
  const stopping = ingress.child.stop();
  draining = true;
  await senders;
  expect(await ingress.readiness()).toEqual({ status: 503, text: 'draining\n' });
  await stopping;
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  const stored = await storedIds();
  expect(stored.filter((id) => id.startsWith('load-')).toSorted()).toEqual(answered.toSorted());
});

it('answers the request that it has begun to read, after its listener is closed', async () => {
  await start({ DRAIN_DELAY_MS: 100 });
  const sender = rawConnection(ingress.port);
  const text = rawPost(notification({ id: 'begun' }));
  sender.write(text.slice(0, -20));
  await send(ingress.port, 'HEAD', PATH);
  const stopping = ingress.child.stop();
  await until(
    async () =>
      send(ingress.port, 'HEAD', PATH).then(
        () => false,
        () => true,
      ),
    {
      describe: 'the listener to be closed',
    },
  );
  sender.write(text.slice(-20));
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 200 /);
  await stopping;
  expect(await storedIds()).toContain('begun');
  expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
});
