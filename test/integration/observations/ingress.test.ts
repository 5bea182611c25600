import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Budget } from '#operator/observations/budget.ts';
import { type Broker, startBroker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from '../ingress/process.ts';
import { notification, post, SECRET, sign } from '../ingress/setup.ts';
import { type Running, startReader, target, WEBHOOK } from './pods.ts';

trackLeaks();

let broker: Broker;
let ingresses: IngressProcess[];
let running: Running;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

beforeEach(async () => {
  const natsUrl = broker.server.url;
  ingresses = await Promise.all(
    ['ingress-0', 'ingress-1'].map((pod) => startIngressProcess({ natsUrl, changes: { POD_NAME: pod } })),
  );
  running = startReader(ingresses.map(({ innerUrl }, i) => target(`ingress-${i}`, innerUrl)));
});
afterEach(async () => {
  await running.close();
  for (const { child } of ingresses) await child.close();
});

const observed = () => running.reader.of(WEBHOOK);
const budget = () => observed()?.budget ?? null;
const urlOf = (replica: number) => ingresses[replica]?.url ?? '';

const untilBudget = (expected: Budget) =>
  until(
    () => {
      expect(budget()).toEqual(expected);
      return true;
    },
    { describe: 'what was answered to be read' },
  );

let sent = 0;
/** @returns the status of the answer */
async function send(replica: number, changes: object = {}, headers: Record<string, string | null> = {}) {
  sent += 1;
  return (await post(urlOf(replica), notification({ id: `observed-${sent}`, ...changes }), headers)).status;
}
const FORGED = { 'x-hub-signature': `sha1=${'0'.repeat(40)}` };

/** So that what is sent from now on lies behind what was answered, by the second. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  await until(() => Math.floor(Date.now() / 1000) > second, { describe: 'the next second' });
}

it('adds up what two processes answered, and keeps what a killed one did', async () => {
  expect(await send(0, { delivery_attempts: 2 })).toBe(200);
  expect(await send(1)).toBe(200);
  await nextSecond();
  for (const replica of [0, 1, 1]) expect(await send(replica, {}, FORGED)).toBe(401);
  expect(await send(0, {}, { ...FORGED, 'user-agent': 'curl/8' })).toBe(401);
  const all = { errors15m: 3, streak: 3, remaining: 997, redeliveries: 1 };
  await untilBudget(all);

  await ingresses[1]?.child.stop('SIGKILL');
  await until(() => observed()?.unread.includes('ingress-1'), { describe: 'the killed one to be missed' });
  expect(budget()).toEqual(all);
  running.targets.pop();
  await until(() => observed()?.unread.length === 0, { describe: 'the pod of the killed one to be gone' });
  expect(budget()).toEqual(all);

  await nextSecond();
  expect(await send(0)).toBe(200);
  await untilBudget({ errors15m: 3, streak: 0, remaining: 1000, redeliveries: 1 });
});

it('counts the answers of a killed process and those of the one that follows it in its pod', async () => {
  const [, ingress] = ingresses;
  expect(await send(1, {}, FORGED)).toBe(401);
  await until(() => budget()?.errors15m === 1, { describe: 'the error to be read' });
  await ingress?.child.stop('SIGKILL');
  await nextSecond();
  await ingress?.child.restart();
  expect(await send(1, {}, FORGED)).toBe(401);
  await until(() => budget()?.errors15m === 2, { describe: 'both errors to be read' });
});

it('tells topics, keys, ping and spool, and when each was last seen', async () => {
  const fromSecond = Math.floor(Date.now() / 1000);
  const isNow = (second: number | null | undefined) => {
    expect(second).toBeGreaterThanOrEqual(fromSecond);
    expect(second).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  };
  ingresses[1]?.writeSecrets('', SECRET);
  const ping = JSON.stringify({
    type: 'notification_event',
    topic: 'ping',
    id: null,
    data: { item: { type: 'ping' } },
  });
  expect((await post(urlOf(0), ping, { 'x-hub-signature': null })).status).toBe(200);
  expect(await send(0, { topic: 'ticket.created' })).toBe(200);
  await until(() => observed()?.topics.has('ticket.created'), { describe: 'the topic to be read' });
  expect(observed()).toMatchObject({ lastPingAt: null, lastRefusedAt: null, unread: [] });
  expect([...(observed()?.signedAt.keys() ?? [])]).toEqual(['intercom/current']);

  expect((await post(urlOf(1), ping, { 'x-hub-signature': sign(ping) })).status).toBe(200);
  await until(() => observed()?.lastPingAt, { describe: 'the ping to be read' });
  const place = async () => {
    await send(1);
    return observed()?.signedAt.has('intercom/next');
  };
  await until(place, { describe: 'the second key to have signed', everyMs: 100 });
  const { lastPingAt, lastNotificationAt, signedAt, topics, spool } = observed() ?? {};
  for (const second of [
    lastPingAt,
    lastNotificationAt,
    signedAt?.get('intercom/next'),
    topics?.get('ticket.created'),
  ]) {
    isNow(second);
  }
  expect([...(topics?.keys() ?? [])].toSorted()).toEqual(['conversation.user.replied', 'ticket.created']);
  expect(spool).toEqual({ records: 0, bytes: 0, isWhole: true });
});

it('tells of a change once, and of none while nothing comes', async () => {
  await until(() => running.changes.length > 0 && observed()?.spool.isWhole, { describe: 'the first reading' });
  const { length } = running.changes;
  const reads = await running.reads('read');
  await until(async () => (await running.reads('read')) > reads + 20, { describe: 'ten more readings of each' });
  expect(running.changes).toHaveLength(length);
  expect(await send(0)).toBe(200);
  await until(() => running.changes.length > length, { describe: 'the notification to be told' });
  expect(running.changes).toEqual(running.changes.map(() => WEBHOOK));
});
