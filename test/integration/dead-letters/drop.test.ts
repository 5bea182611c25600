import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { webhookToken } from '#shared/contract.ts';
import { type Broker, startBroker, storedDeadLetters, storedEvents, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type Api, bodyOf, bury, buryMany, buryUnreadable, endOf, openApi, purgeAll } from './setup.ts';

trackLeaks();

let broker: Broker;
let api: Api;

beforeAll(async () => {
  broker = await startBroker();
  api = await openApi(broker);
});
afterEach(async () => {
  api.audit.length = 0;
  await purgeAll(broker);
});
afterAll(async () => {
  await api.app.close();
  await broker.close();
});

const leftIds = async () => (await storedDeadLetters(broker)).map(({ header }) => header('Icw-Id'));

it('drops those that are named, and says why by their sequence alone', async () => {
  const [first, , third] = await buryMany(broker, 3);
  const why = 'spam, agreed with the support team';
  expect(endOf(await api.post('drop', { sequences: [third, first], why }))).toMatchObject({ how: 'complete', done: 2 });
  expect(await leftIds()).toEqual(['n1']);
  expect(await storedEvents(broker)).toEqual([]);
  expect(api.audit).toEqual([
    { message: 'dead letter dropped', fields: { webhook: TOKEN, sequence: first, why } },
    { message: 'dead letter dropped', fields: { webhook: TOKEN, sequence: third, why } },
  ]);
});

it('overwrites what was named, on the disk as well', async () => {
  const secret = 'a very private sentence';
  // Among others, for a file without letters goes as a whole.
  await buryMany(broker, 20);
  const sequence = await bury(broker, { id: 'x', body: bodyOf('x').replace('}', `,"text":"${secret}"}`) });
  await buryMany(broker, 20, 'after');
  const holdsIt = () =>
    readdirSync(broker.server.storeDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.blk'))
      .some((name) => readFileSync(join(broker.server.storeDir, name)).includes(secret));
  expect(holdsIt()).toBe(true);
  await api.post('drop', { sequences: [sequence], why: 'asked for' });
  expect(holdsIt()).toBe(false);
});

it('drops what the filter names, and all where all is said, the unreadable ones too', async () => {
  await buryMany(broker, 600, 'refused', { reason: 'Refused' });
  await buryMany(broker, 3, 'old', { reason: 'AgeExceeded' });
  await buryUnreadable(broker);
  const theirs = await bury(broker, { id: 'theirs', webhook: webhookToken('crm', 'sales') });
  const reports = await api.post('drop', { filter: { reason: 'Refused' }, why: 'a test' });
  expect(endOf(reports)).toMatchObject({ done: 600 });
  expect(reports.map(({ kind }) => kind)).toEqual(['progress', 'progress', 'ended']);
  expect(await leftIds()).toEqual(['old0', 'old1', 'old2', '', 'theirs']);
  expect(endOf(await api.post('drop', { all: true, why: 'a test' }))).toMatchObject({ done: 4 });
  expect(await leftIds()).toEqual(['theirs']);
  expect(endOf(await api.post('drop', { sequences: [theirs], why: 'a test' }))).toMatchObject({ done: 0, gone: 1 });
  expect(await leftIds()).toEqual(['theirs']);
});

it('counts as gone what another has dropped or redriven before', async () => {
  await buryMany(broker, 100);
  const drop = () => api.post('drop', { all: true, why: 'a test' });
  const ends = (await Promise.all([drop(), drop(), api.post('redrive', { all: true, ratePerSecond: 1_000 })])).map(
    endOf,
  );
  expect(ends.map(({ how, failed }) => [how, failed])).toEqual(Array.from({ length: 3 }, () => ['complete', 0]));
  expect(ends.reduce((sum, { done }) => sum + done, 0)).toBe(100);
  expect(await leftIds()).toEqual([]);
});
