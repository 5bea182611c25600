import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Broker, startBroker, storedEvents } from '#test/support/broker.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from '../ingress/process.ts';
import { notification, post } from '../ingress/setup.ts';
import { filesWith } from './on-disk.ts';

trackLeaks();

const TEXT = 'said-in-a-body';
const RETENTION_MS = 2_000;

let broker: Broker;
let ingress: IngressProcess;
let spool: string;

beforeEach(async () => {
  broker = await startBroker();
  spool = `${temporaryFolder('spool')}/spool`;
});
afterEach(async () => {
  await ingress.child.close();
  await broker.close();
});

const start = async (retentionMs: number): Promise<void> => {
  const changes = { SPOOL_DIR: spool, EVENTS_RETENTION_MS: retentionMs };
  ingress = await startIngressProcess({ natsUrl: broker.server.url, changes });
};

const send = (id: string) => post(ingress.url, notification({ id, said: TEXT }));

const isWiped = async (): Promise<boolean> => (await filesWith(spool, [TEXT])).length === 0;

it('gives up what has waited for longer than the retention, says how much, and leaves nothing on the disk', async () => {
  await start(RETENTION_MS);
  await broker.server.stop();
  for (let i = 0; i < 20; i += 1) expect((await send(`old-${i}`)).status).toBe(200);
  expect(await isWiped()).toBe(false);
  await until(async () => (await ingress.metric('intercom_ingress_spool_expired_total')) === 20, {
    describe: 'twenty notifications to be given up',
  });
  await until(isWiped, { describe: 'nothing in the files of the spool' });
  expect(ingress.child.log()).toContain('longer than retention.events');
  expect(ingress.child.log()).not.toContain(TEXT);
  await broker.server.restart();
  await until(async () => (await send('new')).status === 200 && (await storedEvents(broker)).length > 0, {
    describe: 'a notification to be stored again',
  });
  const ids = (await storedEvents(broker)).map(({ header }) => header('Icw-Id'));
  expect(new Set(ids)).toEqual(new Set(['new']));
});

it('does not publish what an earlier process has kept for too long', async () => {
  await start(3_600_000);
  await broker.server.stop();
  expect((await send('old')).status).toBe(200);
  await ingress.child.close('SIGKILL');
  await broker.server.restart();
  await start(1);
  await until(async () => (await ingress.metric('intercom_ingress_spool_expired_total')) === 1, {
    describe: 'it to be given up',
  });
  expect(await storedEvents(broker)).toEqual([]);
});

it('leaves nothing of what it has published', async () => {
  await start(RETENTION_MS);
  await broker.server.stop();
  for (let i = 0; i < 5; i += 1) expect((await send(`kept-${i}`)).status).toBe(200);
  await broker.server.restart();
  await until(async () => (await storedEvents(broker)).length === 5, { describe: 'five to be published' });
  await until(isWiped, { describe: 'nothing in the files of the spool' });
});
