import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { type Handler, httpHandler } from '#services/worker/deliver.ts';
import type { Delivery } from '#services/worker/delivery.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

const TIMEOUT_MS = 400;
const BODY = Buffer.from('{"id": 1}');

let handler: Handler | null = null;
afterEach(() => handler?.close());

/** A handler that answers as `respond` says, and how many connections to it are open. */
async function serve(respond: (response: ServerResponse) => void, timeoutMs = TIMEOUT_MS) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => respond(response));
  });
  let open = 0;
  let opened = 0;
  server.on('connection', (socket) => {
    open += 1;
    opened += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const target = httpHandler({ url: `http://127.0.0.1:${port}/`, timeoutMs, connections: 4, token: null });
  handler = target;
  return {
    call: () => target.call({ 'content-type': 'application/json' }, BODY),
    untilClosed: () => until(() => open === 0, { describe: 'the connection to be closed' }),
    get opened() {
      return opened;
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const answerOf = (delivery: Delivery) => (delivery.kind === 'answered' ? delivery.answer : undefined);

describe('an answer', () => {
  it('is handed on with its content type', async () => {
    const { call } = await serve((response) => response.writeHead(200, JSON_TYPE).end('{"effects": []}'));
    expect(await call()).toEqual({
      kind: 'answered',
      status: 200,
      retryAfterMs: null,
      answer: { contentType: 'application/json; charset=utf-8', body: Buffer.from('{"effects": []}'), isCut: false },
    });
  });

  it('comes together from pieces', async () => {
    const { call } = await serve((response) => {
      response.writeHead(500).write('one ');
      setImmediate(() => response.end('two'));
    });
    expect(answerOf(await call())?.body.toString()).toBe('one two');
  });

  it.each([
    ['it is empty', (response: ServerResponse) => response.writeHead(204).end()],
    ['it is empty JSON', (response: ServerResponse) => response.writeHead(200, JSON_TYPE).end()],
    ['it is a 2xx in text', (response: ServerResponse) => response.writeHead(200).end('ok')],
  ])('is null where %s', async (_name, respond) => {
    const { call } = await serve(respond);
    expect(await call()).toMatchObject({ kind: 'answered', answer: null });
  });

  it('is waited for beyond what comes before it', async () => {
    const { call } = await serve((response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () =>
        response.writeHead(503, { 'retry-after': '7' }).end(),
      );
    });
    expect(await call()).toMatchObject({ status: 503, retryAfterMs: 7_000 });
  });

  it('leaves its connection for later calls', async () => {
    const server = await serve((response) => response.writeHead(200, JSON_TYPE).end('{}'));
    for (let i = 0; i < 20; i += 1) await server.call();
    // A connection is free again one turn of the event loop after its answer, so the very next call takes another.
    expect(server.opened).toBeLessThanOrEqual(2);
  });
});

describe('a huge answer', () => {
  const MEGABYTE = 'x'.repeat(1024 * 1024);

  it.each([
    ['is cut at 64 KiB where it is JSON', 200, JSON_TYPE, 65_536],
    ['is cut at 64 KiB where it says what is wrong', 500, {}, 65_536],
    ['is not kept at all where it is a 2xx in text', 200, {}, undefined],
  ])('%s, and its connection closed', async (_name, status, headers, length) => {
    // Its end never comes.
    const { call, untilClosed } = await serve((response) => response.writeHead(status, headers).write(MEGABYTE));
    const delivery = await call();
    expect(delivery).toMatchObject({ kind: 'answered', status });
    expect(answerOf(delivery)?.body.length).toBe(length);
    expect(answerOf(delivery)?.isCut).toBe(length === undefined ? undefined : true);
    await untilClosed();
  });

  it('of exactly 64 KiB is whole', async () => {
    const { call } = await serve((response) => response.writeHead(200, JSON_TYPE).end('x'.repeat(65_536)));
    expect(answerOf(await call())).toMatchObject({ isCut: false });
  });
});

describe('the timeout', () => {
  it('ends a call without an answer, and its connection', async () => {
    const { call, untilClosed } = await serve(() => undefined);
    expect(await call()).toEqual({ kind: 'timed-out', unavailable: false });
    await untilClosed();
  });

  it.each([
    ['JSON', JSON_TYPE],
    ['text, of which nothing is wanted', {}],
  ])('ends an answer that trickles for ever: %s', async (_name, headers) => {
    const { call, untilClosed } = await serve((response) => {
      response.writeHead(200, headers);
      const trickle = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(trickle));
    });
    const startedMs = performance.now();
    expect(await call()).toEqual({ kind: 'timed-out', unavailable: false });
    expect(performance.now() - startedMs).toBeGreaterThan(TIMEOUT_MS - 50);
    await untilClosed();
  });

  it('holds for a call that waits for a connection as well', async () => {
    const { call } = await serve(() => undefined);
    const deliveries = await Promise.all(Array.from({ length: 12 }, call));
    expect(new Set(deliveries.map(({ kind }) => kind))).toEqual(new Set(['timed-out']));
  });
});

describe('a handler that is not there', () => {
  it('is unreachable where nobody listens', async () => {
    handler = httpHandler({
      url: `http://127.0.0.1:${await freePort()}/`,
      timeoutMs: TIMEOUT_MS,
      connections: 1,
      token: null,
    });
    expect(await handler.call({}, BODY)).toEqual({ kind: 'unreachable', error: 'ECONNREFUSED' });
  });

  it.each([
    ['before its answer', (response: ServerResponse) => response.socket?.resetAndDestroy()],
    [
      'within its answer',
      (response: ServerResponse) => {
        response.writeHead(200, { ...JSON_TYPE, 'content-length': 100 }).write('{', () => response.socket?.destroy());
      },
    ],
  ])('is unreachable where it breaks the connection %s', async (_name, respond) => {
    const { call } = await serve(respond);
    expect(await call()).toMatchObject({ kind: 'unreachable' });
  });

  it('is unreachable where what it sends is no HTTP', async () => {
    const { call } = await serve((response) => void response.socket?.end('220 mail.example.com ESMTP\r\n'));
    expect(await call()).toMatchObject({ kind: 'unreachable', error: 'HTTPParserError' });
  });

  it('is unreachable for the calls that a shutdown cuts off', async () => {
    const { call } = await serve(() => undefined, 60_000);
    const calling = call();
    await handler?.close();
    expect(await calling).toMatchObject({ kind: 'unreachable' });
    expect(await call()).toMatchObject({ kind: 'unreachable' });
  });
});
