import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker, storedDeadLetters, storedEvents, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { send } from './client.ts';
import { type Ingress, MAX_BODY_BYTES, notification, PATH, post, SECRET, sign, startIngress } from './setup.ts';

trackLeaks();

let broker: Broker;
let ingress: Ingress;

beforeAll(async () => {
  broker = await startBroker();
});

beforeEach(async () => {
  const { streams } = broker.manager;
  for await (const { config } of streams.list()) await streams.purge(config.name);
  await ingress?.close();
  ingress = await startIngress(broker);
});

afterAll(async () => {
  await ingress.close();
  await broker.close();
});

const count = async () => [(await storedEvents(broker)).length, (await storedDeadLetters(broker)).length];

describe('a notification with a good signature', () => {
  it('is stored byte for byte, then answered 200', async () => {
    const body = ` ${notification({ id: 'stored-1', note: 'größe 😀 \\ud800' })}\n`;
    expect(await post(ingress.url, body)).toMatchObject({ status: 200, body: '' });
    const [message, ...others] = await storedEvents(broker);
    expect(others).toEqual([]);
    expect(message?.data).toEqual(Buffer.from(body));
    expect(message?.subject).toMatch(new RegExp(`^icw\\.${TOKEN}\\.n\\.\\d\\d\\.conversation\\.user\\.replied$`));
    expect(message?.header('Nats-Msg-Id')).toBe('abc12345:stored-1');
    expect(message?.header('Icw-Key')).toBe('conversation/42');
    expect(await ingress.answers()).toEqual({ 'stored 200': 1 });
  });

  it('is stored once when it comes again', async () => {
    const body = notification({ id: 'twice' });
    expect((await post(ingress.url, body)).status).toBe(200);
    const again = notification({ id: 'twice', delivery_attempts: 2 });
    expect((await post(ingress.url, again)).status).toBe(200);
    expect(await count()).toEqual([1, 0]);
  });

  it('is stored for each workspace that has the same id', async () => {
    for (const app_id of ['one', 'two']) await post(ingress.url, notification({ id: 'same', app_id }));
    expect(await count()).toEqual([2, 0]);
  });

  it('is stored and counted apart when its topic is not declared', async () => {
    expect((await post(ingress.url, notification({ id: 'undeclared', topic: 'ticket.created' }))).status).toBe(200);
    expect(await count()).toEqual([1, 0]);
    expect(await ingress.answers()).toEqual({ 'stored_undeclared 200': 1 });
  });

  it.each([
    ['a topic that could leave its place', { topic: 'a. b.*.>..\r\nx' }],
    ['a topic that is half a character', { topic: 'a.\ud800' }],
    ['a topic of 2000 characters', { topic: 'ü'.repeat(2000) }],
    ['no id', { id: null }],
    ['a number for an id', { id: 12 }],
    ['an id of 10 kB', { id: 'x'.repeat(10_000) }],
    ['an id with line breaks', { id: 'a\r\nNats-Rollup: all' }],
    ['an item that names prototypes', { data: { item: { __proto__: { id: 1 }, constructor: 1, type: 'x', id: '1' } } }],
    ['no data', { data: null }],
    ['no workspace', { app_id: null }],
  ])('is stored with %s', async (name, changes) => {
    const body = notification({ id: name, ...changes });
    expect((await post(ingress.url, body)).status).toBe(200);
    expect((await storedEvents(broker)).map(({ data }) => data.toString())).toEqual([body]);
  });

  it('is stored when it is nested 10 000 deep', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const body = `{"topic":"a","id":"deep","data":{"item":${deep}}}`;
    expect((await post(ingress.url, body)).status).toBe(200);
    expect(await count()).toEqual([1, 0]);
  });

  it('is found again by the people in it', async () => {
    const item = { type: 'conversation', id: '42', contacts: [{ type: 'contact', id: 'ct 1' }] };
    await post(ingress.url, notification({ id: 'people', data: { item } }));
    const [message] = await storedEvents(broker);
    expect(message?.header('Icw-Contacts')).toBe('ct\\u00201');
    expect(message?.header('Icw-Conversations')).toBe('42');
  });
});

it('stores nothing of a workspace that is not listed', async () => {
  const closed = await startIngress(broker, { workspaces: new Set(['abc12345']) });
  expect((await post(closed.url, notification({ id: 'foreign', app_id: 'other' }))).status).toBe(200);
  expect((await post(closed.url, notification({ id: 'foreign', app_id: null }))).status).toBe(200);
  expect((await post(closed.url, notification({ id: 'ours' }))).status).toBe(200);
  expect(await closed.answers()).toEqual({ 'other_workspace 200': 2, 'stored 200': 1 });
  expect(await count()).toEqual([1, 0]);
  await closed.close();
});

describe('a ping', () => {
  it('is answered and not stored', async () => {
    const body = JSON.stringify({ topic: 'ping', id: null, data: { item: { type: 'ping', message: 'hello' } } });
    expect((await post(ingress.url, body)).status).toBe(200);
    expect(await ingress.answers()).toEqual({ 'ping 200': 1 });
    expect(await count()).toEqual([0, 0]);
  });

  it('may come without a signature, up to 4 KiB', async () => {
    const ping = (size: number) => JSON.stringify({ topic: 'ping', id: null, x: '' }).padEnd(size, ' ');
    const unsigned = { 'x-hub-signature': null };
    expect((await post(ingress.url, ping(4096), unsigned)).status).toBe(200);
    expect((await post(ingress.url, ping(4097), unsigned)).status).toBe(401);
    expect((await post(ingress.url, ping(100), { 'x-hub-signature': sign('other') })).status).toBe(401);
    expect(await ingress.answers()).toEqual({
      'ping_unsigned 200': 1,
      'signature_missing 401': 1,
      'signature_wrong 401': 1,
    });
  });
});

describe('what is signed and no notification', () => {
  it.each([
    ['', 'NotJson'],
    ['null', 'NotAnObject'],
    ['[]', 'NotAnObject'],
    ['"x"', 'NotAnObject'],
    ['not json', 'NotJson'],
    ['{"id":"a"}', 'NoTopic'],
  ])('%j is answered 200 and kept as a dead letter', async (body, reason) => {
    expect((await post(ingress.url, body)).status).toBe(200);
    const [letter, ...others] = await until(
      async () => {
        const letters = await storedDeadLetters(broker);
        return letters.length > 0 ? letters : null;
      },
      { describe: 'the dead letter' },
    );
    expect(others).toEqual([]);
    expect(letter?.data.toString()).toBe(body);
    expect(letter?.subject).toBe(`icw.${TOKEN}.dlq._ingress.unreadable`);
    expect(letter?.header('Icw-Dead-Reason')).toBe('Unreadable');
    expect(letter?.header('Icw-Dead-Detail')).toBe(reason);
    expect(letter?.header('Nats-TTL')).toBe('3600s');
    expect(await count()).toEqual([0, 1]);
    expect(await ingress.answers()).toEqual({ 'unreadable 200': 1 });
  });

  it('a compressed body is one of them: its raw bytes are what was signed', async () => {
    const body = gzipSync(notification());
    const headers = { 'content-encoding': 'gzip' };
    expect((await post(ingress.url, body, headers)).status).toBe(200);
    await until(async () => (await storedDeadLetters(broker)).length > 0, { describe: 'the dead letter' });
    expect((await storedDeadLetters(broker)).map(({ data }) => data)).toEqual([body]);
    const signedBefore = { ...headers, 'x-hub-signature': sign(notification()) };
    expect((await post(ingress.url, body, signedBefore)).status).toBe(401);
  });

  it('is kept also where dead letters are declared to be kept for no time', async () => {
    const strict = await startIngress(broker, { deadLetterTtlMs: 0 });
    expect((await post(strict.url, 'null')).status).toBe(200);
    await strict.close();
  });
});

describe('a bad signature', () => {
  it.each([
    ['none', { 'x-hub-signature': null }, 'missing'],
    ['an empty one', { 'x-hub-signature': '' }, 'missing'],
    ['one of another secret', { 'x-hub-signature': sign(notification(), 'guessed') }, 'wrong'],
    ['one in upper case', { 'x-hub-signature': sign(notification()).toUpperCase() }, 'malformed'],
    ['one of SHA-256', { 'x-hub-signature': `sha256=${'0'.repeat(64)}` }, 'malformed'],
  ])('is answered 401: %s', async (_name, headers, reason) => {
    expect((await post(ingress.url, notification(), headers)).status).toBe(401);
    expect(await ingress.answers()).toEqual({ [`signature_${reason} 401`]: 1 });
    expect(await count()).toEqual([0, 0]);
  });

  it('is one of a secret that was replaced', async () => {
    let secrets = [SECRET];
    const rotating = await startIngress(broker, { secrets: () => secrets });
    const status = async (secret: string) =>
      (await post(rotating.url, 'null', { 'x-hub-signature': sign('null', secret) })).status;
    expect([await status(SECRET), await status('next')]).toEqual([200, 401]);
    secrets = ['next', SECRET];
    expect([await status(SECRET), await status('next')]).toEqual([200, 200]);
    secrets = ['next'];
    expect([await status(SECRET), await status('next')]).toEqual([401, 200]);
    await rotating.close();
  });
});

it.each([
  null,
  '',
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain; charset=',
  'not a content type at all',
  ';;;',
  'application/json, text/plain',
])('takes a body of content type %j', async (type) => {
  expect((await post(ingress.url, notification({ id: `type ${type}` }), { 'content-type': type })).status).toBe(200);
  expect(await count()).toEqual([1, 0]);
});

describe('other requests', () => {
  it('HEAD on the path is answered 200', async () => {
    expect(await send(ingress.port, 'HEAD', PATH)).toMatchObject({ status: 200, body: '' });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])(
    '%s on the path is answered 405 with Allow',
    async (method) => {
      expect(await send(ingress.port, method, PATH)).toMatchObject({ status: 405, headers: { allow: 'HEAD, POST' } });
    },
  );

  it.each(['/', '/intercom/', '/intercomx', '/Intercom', '/%69ntercom%', '//intercom', '/intercom/../x'])(
    'POST on %s is answered 404',
    async (path) => {
      const headers = { 'x-hub-signature': sign('null') };
      expect((await send(ingress.port, 'POST', path, { headers, body: 'null' })).status).toBe(404);
      expect((await send(ingress.port, 'GET', path)).status).toBe(404);
      expect(await count()).toEqual([0, 0]);
    },
  );

  it('an unknown path or method is refused before the body is read', async () => {
    const sending = { body: 'x'.repeat(MAX_BODY_BYTES * 2) };
    expect((await send(ingress.port, 'POST', '/other', sending)).status).toBe(404);
    expect((await send(ingress.port, 'PUT', PATH, sending)).status).toBe(405);
  });

  it('a query changes nothing', async () => {
    expect((await post(`${ingress.url}?x=1`, notification({ id: 'query' }))).status).toBe(200);
    expect((await send(ingress.port, 'GET', `${PATH}?x=1`)).status).toBe(405);
  });
});
