import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Broker, startBroker, storedEvents } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type RawConnection, rawConnection } from '#test/support/raw-connection.ts';
import { until } from '#test/support/until.ts';
import { type Ingress, MAX_BODY_BYTES, notification, PATH, post, rawPost, sign, startIngress } from './setup.ts';

trackLeaks();

let broker: Broker;
let ingress: Ingress;
let sender: RawConnection;

beforeAll(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  sender.destroy();
  await ingress.close();
});

afterAll(() => broker.close());

async function start(requestTimeoutMs = 10_000): Promise<void> {
  ingress = await startIngress(broker, { requestTimeoutMs });
  sender = rawConnection(ingress.port);
}

const stored = async (id: string) =>
  (await storedEvents(broker)).filter((event) => event.header('Icw-Id') === id).length;

it('answers requests on one connection in their order, and keeps it', async () => {
  await start();
  const ids = ['pipelined-1', 'pipelined-2', 'pipelined-3'];
  const requests = ids.map((id) => rawPost(notification({ id })));
  sender.write(
    [...requests, `HEAD ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`, rawPost('x', ['X-Hub-Signature: x'])].join(''),
  );
  expect(await sender.statuses(5)).toEqual([200, 200, 200, 200, 401]);
  for (const id of ids) expect(await stored(id)).toBe(1);
  expect(sender.end).toBe('open');
});

it('takes a chunked body', async () => {
  await start();
  const body = notification({ id: 'chunked' });
  const [first, rest] = [body.slice(0, 7), body.slice(7)];
  const head = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nX-Hub-Signature: ${sign(body)}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  sender.write(head);
  for (const part of [first, rest, '']) sender.write(`${part.length.toString(16)}\r\n${part}\r\n`);
  expect(await sender.statuses(1)).toEqual([200]);
  expect(await stored('chunked')).toBe(1);
});

it('says 100 to a sender that asks before it sends the body', async () => {
  await start();
  const body = notification({ id: 'expecting' });
  const [head = ''] = rawPost(body, ['Expect: 100-continue']).split('\r\n\r\n');
  sender.write(`${head}\r\n\r\n`);
  expect(await sender.statuses(1)).toEqual([100]);
  sender.write(body);
  expect(await sender.statuses(2)).toEqual([100, 200]);
});

it('answers 413 to a body over the limit as soon as it is announced, and closes', async () => {
  await start();
  sender.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`);
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nconnection: close\r\n/i);
  expect(sender.end).toBe('closed');
  expect(await ingress.answers()).toEqual({ 'too_large 413': 1 });
});

it('answers 413 to a body that grows over the limit without announcing it', async () => {
  await start();
  sender.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
  sender.write(`${MAX_BODY_BYTES.toString(16)}\r\n${'x'.repeat(MAX_BODY_BYTES)}\r\n2\r\nxx\r\n`);
  expect(await sender.statuses(1)).toEqual([413]);
  await sender.untilEnd();
  expect(await ingress.answers()).toEqual({ 'too_large 413': 1 });
});

it('takes a body of exactly the limit, and answers 413 to a sender that sends a larger one in full', async () => {
  await start();
  const exact = notification({ id: 'exact' }).padEnd(MAX_BODY_BYTES, ' ');
  expect((await post(ingress.url, exact)).status).toBe(200);
  expect((await post(ingress.url, `${exact} `)).status).toBe(413);
  expect(await stored('exact')).toBe(1);
});

it('answers 413 when the broker takes less than the limit', async () => {
  ingress = await startIngress(broker, { maxStorableBytes: () => 100 });
  sender = rawConnection(ingress.port);
  sender.write(rawPost(notification({ id: 'unstorable' })));
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 413 /);
  expect(await stored('unstorable')).toBe(0);
});

it.each([
  ['the request line', 'POST /inter'],
  ['the headers', `POST ${PATH} HTTP/1.1\r\nHost: a\r\nX-Hub-`],
  ['the body', rawPost(notification({ id: 'stalled' })).slice(0, -5)],
])('answers 408 to a sender that stalls in %s, and closes', async (_name, text) => {
  await start(300);
  sender.write(text);
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*Connection: close\r\n/);
  expect(await ingress.answers()).toEqual({ 'stalled 408': 1 });
  expect(await stored('stalled')).toBe(0);
});

it.each([
  ['stalls', 'POST /inter'],
  ['sends garbage', 'garbage\r\n\r\n'],
])('holds no connection of a sender that %s and never ends its side', async (_name, text) => {
  await start(300);
  const halfOpen = connect({ port: ingress.port, host: '127.0.0.1', allowHalfOpen: true });
  halfOpen.on('error', () => undefined).resume();
  halfOpen.write(text);
  await once(halfOpen, 'end');
  sender.destroy();
  await until(async () => (await ingress.connections()) === 0, { describe: 'no open connection' });
  halfOpen.destroy();
});

it('a sender that stalls does not hold up the end for longer than its grace', async () => {
  await start();
  sender.write(rawPost(notification({ id: 'never' })).slice(0, -5));
  await until(async () => (await ingress.connections()) === 1, { describe: 'the connection' });
  const startedMs = performance.now();
  await ingress.close();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

it('does not hold a connection for a sender that trickles its body', async () => {
  await start(300);
  sender.write(rawPost(notification({ id: 'trickle' })).slice(0, -50));
  await until(
    () => {
      sender.write(' ');
      return sender.end !== 'open';
    },
    { describe: 'the trickling sender to be cut off', timeoutMs: 3_000, everyMs: 30 },
  );
  expect(sender.received).toMatch(/^HTTP\/1\.1 408 /);
});

it('answers 431 to headers that are too large', async () => {
  await start();
  sender.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 431 /);
  expect(await ingress.answers()).toEqual({ 'headers_too_large 431': 1 });
});

it.each([
  ['no HTTP', 'hello\r\n\r\n'],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001'],
  ['two lengths', `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
  [
    'a length and chunks',
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
])('answers 400 to %s, and closes', async (_name, text) => {
  await start();
  sender.write(text);
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 400 /);
  expect(await ingress.answers()).toEqual({ 'bad_request 400': 1 });
});

it('counts nothing for a sender that goes away in the middle of a request', async () => {
  await start();
  const gone = rawConnection(ingress.port);
  gone.write(rawPost(notification({ id: 'gone' })).slice(0, -5));
  sender.write(rawPost(notification({ id: 'still here' })));
  await sender.statuses(1);
  gone.destroy();
  await gone.untilEnd();
  expect((await post(ingress.url, notification({ id: 'after' }))).status).toBe(200);
  expect(await ingress.answers()).toEqual({ 'stored 200': 2 });
});

it('tells every sender to close while it drains, and answers all the same', async () => {
  ingress = await startIngress(broker, { isDraining: () => true });
  sender = rawConnection(ingress.port);
  sender.write(rawPost(notification({ id: 'draining' })));
  expect(await sender.untilEnd()).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n/i);
  expect(await stored('draining')).toBe(1);
});
