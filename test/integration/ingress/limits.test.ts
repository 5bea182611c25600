import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LIMITS, type Limits } from '#services/ingress/limits.ts';
import { type Broker, startBroker } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type RawConnection, rawConnection } from '#test/support/raw-connection.ts';
import { until } from '#test/support/until.ts';
import { type Ingress, MAX_BODY_BYTES, notification, PATH, post, rawPost, sign, startIngress } from './setup.ts';

trackLeaks();

let broker: Broker;
let ingress: Ingress;
const senders: RawConnection[] = [];

beforeAll(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  for (const sender of senders.splice(0)) sender.destroy();
  await ingress.close();
});

afterAll(() => broker.close());

const start = async (limits: Partial<Limits> = {}) => {
  ingress = await startIngress(broker, { limits: { ...LIMITS, ...limits } });
};
const connection = () => {
  const sender = rawConnection(ingress.port);
  senders.push(sender);
  return sender;
};
const held = () => ingress.metric('intercom_ingress_receiving_bytes');
const untilHeld = (bytes: number) =>
  until(async () => (await held()) >= bytes, { describe: `${bytes} bytes to be held` });
const untilNothingIsHeld = () => until(async () => (await held()) === 0, { describe: 'nothing to be held' });

/** All but the last bytes of a body of the largest size, and those. */
const LAST_BYTES = 5_000;
function inTwo(id: string): [string, string] {
  const text = rawPost(notification({ id }).padEnd(MAX_BODY_BYTES, ' '));
  return [text.slice(0, -LAST_BYTES), text.slice(-LAST_BYTES)];
}

it('when too much is being received the sender that has been at it longest gives way, and the others end well', async () => {
  await start({ maxUnfinishedBytes: 2 * MAX_BODY_BYTES });
  const [first, second, third] = [connection(), connection(), connection()];
  first.write(inTwo('first')[0]);
  await untilHeld(MAX_BODY_BYTES - LAST_BYTES);
  second.write(inTwo('second')[0]);
  await untilHeld(2 * (MAX_BODY_BYTES - LAST_BYTES));
  expect(await ingress.answers()).toEqual({});
  third.write(inTwo('third')[0]);
  expect(await first.untilEnd()).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\nretry-after: 60\r\n/i);
  second.write(inTwo('second')[1]);
  third.write(inTwo('third')[1]);
  expect([await second.statuses(1), await third.statuses(1)]).toEqual([[200], [200]]);
  expect(await ingress.answers()).toEqual({ 'unavailable 503': 1, 'stored 200': 2 });
  expect(await ingress.metric('intercom_ingress_unavailable_total', { reason: 'receiving' })).toBe(1);
  expect(await held()).toBe(0);
});

it('holds at most four times what came, in however small pieces, and receives it', async () => {
  await start();
  const body = notification({ id: 'pieces' }).padEnd(10_000, ' ');
  const sender = connection();
  sender.write(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nX-Hub-Signature: ${sign(body)}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  sender.write(Array.from(body, (piece) => `1\r\n${piece}\r\n`).join(''));
  await untilHeld(body.length);
  expect(await held()).toBeLessThanOrEqual(4 * body.length);
  sender.write('0\r\n\r\n');
  expect(await sender.statuses(1)).toEqual([200]);
  expect(await held()).toBe(0);
});

it('forgets what a sender had sent that goes away', async () => {
  await start();
  const sender = connection();
  sender.write(inTwo('gone')[0]);
  await untilHeld(MAX_BODY_BYTES - LAST_BYTES);
  sender.destroy();
  await untilNothingIsHeld();
  expect(await ingress.answers()).toEqual({});
});

it('keeps no connection after its answer while many are open', async () => {
  await start({ maxKeptConnections: 2 });
  const [first, second, third] = [connection(), connection(), connection()];
  await until(async () => (await ingress.metric('intercom_ingress_connections')) === 3, { describe: 'all to be open' });
  first.write(rawPost(notification({ id: 'crowded' })));
  expect(await first.untilEnd()).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n/i);
  second.write(rawPost(notification({ id: 'kept' })));
  expect(await second.statuses(1)).toEqual([200]);
  expect(second.received).not.toMatch(/connection: close/i);
  expect([second.end, third.end]).toEqual(['open', 'open']);
});

it('refuses connections only while as many as may be are open, and counts them', async () => {
  await start({ maxConnections: 2 });
  const refused = () => ingress.metric('intercom_ingress_connections_refused_total');
  expect(await refused()).toBe(0);
  const [first] = [connection(), connection()];
  await until(async () => (await ingress.metric('intercom_ingress_connections')) === 2, {
    describe: 'both to be open',
  });
  expect(await connection().untilEnd()).toBe('');
  expect(await refused()).toBe(1);
  first.destroy();
  await until(async () => (await ingress.metric('intercom_ingress_connections')) === 1, {
    describe: 'one to be closed',
  });
  expect((await post(ingress.url, notification({ id: 'room' }))).status).toBe(200);
});

it.each(['not_stored', 'waiting', 'receiving'])(
  'counts no answer 503 for want of room before there is one: %s',
  async (reason) => {
    await start();
    expect(await ingress.metric('intercom_ingress_unavailable_total', { reason })).toBe(0);
  },
);
