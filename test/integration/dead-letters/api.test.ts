import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker, storedDeadLetters } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { API_TOKEN, type Api, bury, buryMany, openApi, purgeAll } from './setup.ts';

trackLeaks();

let broker: Broker;
let api: Api;
let url: string;

beforeAll(async () => {
  broker = await startBroker();
  api = await openApi(broker);
  const address = await api.app.listen({ host: '127.0.0.1', port: 0 });
  url = `${address}/v1/webhooks/crm/support/dead-letters`;
});
afterEach(() => purgeAll(broker));
afterAll(async () => {
  await api.app.close();
  await broker.close();
});

const authorization = `Bearer ${API_TOKEN}`;

describe('whoever has not the token', () => {
  it.each([
    ['nothing', undefined],
    ['an empty token', 'Bearer '],
    ['another', 'Bearer another'],
    ['the beginning of it', `Bearer ${API_TOKEN.slice(0, -1)}`],
    ['it and more', `Bearer ${API_TOKEN}x`],
    ['it, and no scheme', API_TOKEN],
    ['another scheme', `Basic ${Buffer.from(`x:${API_TOKEN}`).toString('base64')}`],
  ])('is not let in with %s', async (_name, header) => {
    const sequence = await bury(broker, { id: 'private' });
    const headers = header === undefined ? {} : { authorization: header };
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/count'],
      ['GET', `/${sequence}`],
      ['GET', `/${sequence}/body`],
      ['POST', '/redrive'],
      ['POST', '/drop'],
      ['GET', '/nothing/here'],
    ] as const) {
      const body = method === 'POST' ? '{"all":true,"why":"x"}' : null;
      const answer = await request(`${url}${path}`, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        reset: true,
      });
      expect(answer.statusCode, path).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(await answer.body.text()).not.toContain('private');
    }
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });
});

describe('bad input', () => {
  it.each([
    ['a handler that is a wildcard', '', '?handler=*', 'query.handler'],
    ['a handler with a dot', '', '?handler=a.b', 'query.handler'],
    ['a reason that is none', '', '?reason=1', 'query.reason'],
    ['an empty topic', '', '?topic=', 'query.topic'],
    ['a time that is none', '', '?since=yesterday', 'query.since'],
    ['a time without a zone', '', '?until=2026-03-01T09:30:00', 'query.until'],
    ['no letters to a page', '', '?limit=0', 'query.limit'],
    ['too many to a page', '', '?limit=501', 'query.limit'],
    ['a limit that is no number', '', '?limit=1e2', 'query.limit'],
    ['a cursor below all', '', '?cursor=-1', 'query.cursor'],
    ['another order', '', '?order=random', 'query.order'],
    ['a misspelt field', '', '?resaon=Refused', 'query.resaon'],
    ['a field twice', '', '?reason=A&reason=B', 'query.reason'],
    ['a limit for a count', '/count', '?limit=5', 'query.limit'],
    ['a sequence that is none', '/latest', '', 'path.sequence'],
    ['sequence 0', '/0', '', 'path.sequence'],
    ['a sequence beyond all numbers', '/99999999999999999999', '', 'path.sequence'],
  ])('%s is refused, by name', async (_name, path, query, field) => {
    const { status, json } = await api.get(path, query);
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: 400, errors: [{ field }], detail: expect.stringContaining(field) });
  });

  it.each([
    ['nothing', {}, 'say which'],
    ['two at once', { all: true, sequences: [1] }, 'only one of them'],
    ['all: false', { all: false }, 'body.all'],
    ['an empty filter', { filter: {} }, 'body.filter: names nothing'],
    ['no sequences', { sequences: [] }, 'body.sequences'],
    ['too many sequences', { sequences: Array.from({ length: 1_001 }, (_, i) => i + 1) }, 'body.sequences'],
    ['sequences that are text', { sequences: ['1'] }, 'body.sequences.0'],
    ['a misspelt field of a filter', { filter: { reasons: 'Refused' } }, 'body.filter.reasons: there is no such field'],
    ['a list', [], 'body'],
  ])('what to redrive or drop: %s is refused', async (_name, body, report) => {
    for (const verb of ['redrive', 'drop'] as const) {
      const asked = verb === 'drop' && !Array.isArray(body) ? { why: 'a test', ...body } : body;
      const { status, json } = await api.refuse(verb, asked);
      expect([verb, status]).toEqual([verb, 400]);
      expect(json).toMatchObject({ detail: expect.stringContaining(report) });
    }
  });

  it.each([
    ['redrive', { all: true, ratePerSecond: 0 }, 'body.ratePerSecond'],
    ['redrive', { all: true, ratePerSecond: 1_001 }, 'body.ratePerSecond'],
    ['redrive', { all: true, why: 'x' }, 'body.why'],
    ['drop', { all: true }, 'body.why'],
    ['drop', { all: true, why: '  ' }, 'body.why'],
    ['drop', { all: true, why: 'x'.repeat(201) }, 'body.why'],
  ] as const)('%s of %j is refused', async (verb, body, field) => {
    await bury(broker, { id: 'a' });
    expect(await api.refuse(verb, body)).toMatchObject({ status: 400, json: { errors: [{ field }] } });
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });

  it.each([
    ['no JSON', '{', 'application/json', 400],
    ['too much', JSON.stringify({ all: true, why: 'x'.repeat(70_000) }), 'application/json', 413],
    ['another type', 'all=true', 'application/x-www-form-urlencoded', 415],
  ])('%s is answered with a problem', async (_name, body, type, status) => {
    const headers = { authorization, 'content-type': type };
    const answer = await request(`${url}/drop`, { method: 'POST', headers, body, reset: true });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(await answer.body.json()).toMatchObject({ status, title: 'The request is not usable' });
  });

  it('a webhook that is not there is named beside those that are', async () => {
    const other = url.replace('/crm/', '/default/');
    for (const path of ['', '/count', '/1', '/1/body']) {
      const answer = await request(`${other}${path}`, { headers: { authorization }, reset: true });
      expect(answer.statusCode).toBe(404);
      expect(await answer.body.json()).toMatchObject({
        detail: 'there is no IntercomWebhook default/support here; there is crm/support',
      });
    }
  });
});

describe('a redrive over HTTP', () => {
  const post = (signal?: AbortSignal) =>
    request(`${url}/redrive`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ all: true, ratePerSecond: 20 }),
      reset: true,
      ...(signal === undefined ? {} : { signal }),
    });

  it('ends with the connection of whoever asked', async () => {
    await buryMany(broker, 100);
    const ended = new AbortController();
    const { body } = await post(ended.signal);
    const lines = body[Symbol.asyncIterator]();
    expect(String((await lines.next()).value)).toContain('"kind":"progress"');
    ended.abort();
    await expect(lines.next()).rejects.toThrow();
    const left = async () => (await storedDeadLetters(broker)).length;
    let before = -1;
    await until(
      async () => {
        const now = await left();
        const isStill = now === before;
        before = now;
        return isStill;
      },
      { describe: 'nothing more to be redriven', everyMs: 300 },
    );
    expect(before).toBeGreaterThan(50);
  });

  it('is one of four at most, and makes room when it ends', async () => {
    await buryMany(broker, 100);
    const ended = new AbortController();
    const going = await Promise.all([1, 2, 3, 4].map(() => post(ended.signal)));
    expect(going.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    const fifth = await post();
    expect(fifth.statusCode).toBe(503);
    expect(await fifth.body.text()).toContain('4 redrives and drops are going on already');
    ended.abort();
    for (const { body } of going) await expect(body.text()).rejects.toThrow();
    await until(
      async () => {
        const once = new AbortController();
        const { statusCode, body } = await post(once.signal);
        once.abort();
        await body.text().catch(() => '');
        return statusCode === 200;
      },
      { describe: 'room for another' },
    );
  });

  it('ends with the server, which does not wait for it', async () => {
    await buryMany(broker, 100);
    const own = await openApi(broker);
    const address = await own.app.listen({ host: '127.0.0.1', port: 0 });
    const { body } = await request(`${address}/v1/webhooks/crm/support/dead-letters/redrive`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ all: true, ratePerSecond: 1 }),
      reset: true,
    });
    const text = body.text().catch(() => 'cut off');
    const startedMs = performance.now();
    await own.app.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(await text).toMatch(/"how":"stopped"|cut off/);
    expect((await storedDeadLetters(broker)).length).toBeGreaterThan(90);
  });
});

it('says that NATS is away, and works when it is back', async () => {
  const sequence = await bury(broker, { id: 'patient' });
  await broker.server.stop();
  const { status, json } = await api.get(`/${sequence}`);
  expect(status).toBe(503);
  expect(json).toMatchObject({ title: 'The dead letters cannot be reached' });
  await broker.server.restart();
  await until(async () => (await api.get(`/${sequence}`)).status === 200, { describe: 'NATS to be back' });
});
