import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pageBackward, pageForward } from '#operator/dead-letters/list.ts';
import { openDeadLetterStream } from '#operator/dead-letters/stream.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Api, bodyOf, bury, buryMany, buryUnreadable, openApi, purgeAll, TOPIC } from './setup.ts';

trackLeaks();

let broker: Broker;
let api: Api;

beforeAll(async () => {
  broker = await startBroker();
  api = await openApi(broker);
});
afterEach(() => purgeAll(broker));
afterAll(async () => {
  await api.app.close();
  await broker.close();
});

describe('one dead letter', () => {
  it('is shown with all that its headers say, and without its body', async () => {
    const sequence = await bury(broker, { id: 'n 1', topic: TOPIC });
    const { status, json } = await api.get(`/${sequence}`);
    expect(status).toBe(200);
    expect(json).toEqual({
      sequence,
      storedAt: expect.stringMatching(/^20\d\d-.*Z$/),
      expiresAt: expect.stringMatching(/^20\d\d-.*Z$/),
      handler: 'support',
      topic: TOPIC,
      reason: 'Refused',
      detail: 'HTTP 422',
      attempts: 3,
      firstAt: '2023-11-14T22:13:21.000Z',
      lastAt: '2023-11-14T22:13:22.000Z',
      answer: 'no such ticket',
      id: 'n 1',
      appId: 'abc12345',
      key: 'conversation/cv-n 1',
      createdAt: '2023-11-14T22:13:20.000Z',
      receivedAt: '2023-11-14T22:13:20.500Z',
      contacts: ['ct-1'],
      conversations: ['cv-n 1'],
      bodyBytes: bodyOf('n 1').length,
      wasRedriven: false,
      refusal: null,
    });
    const { storedAt, expiresAt } = json as { storedAt: string; expiresAt: string };
    expect(Date.parse(expiresAt) - Date.parse(storedAt)).toBe(3_600_000);
    expect((await api.list()).items).toEqual([json]);
  });

  it('gives its body only where that is asked for, byte for byte, and that is written down', async () => {
    const body = ` ${bodyOf('größe 😀')}\n`;
    const sequence = await bury(broker, { id: 'x', body });
    const { raw } = await api.get(`/${sequence}/body`);
    expect(raw).toEqual(Buffer.from(body));
    expect(api.audit.at(-1)).toEqual({ message: 'body of a dead letter shown', fields: { webhook: TOKEN, sequence } });
  });

  it('that the ingress could not read says so, and that nobody can redrive it', async () => {
    const { json } = await api.get(`/${await buryUnreadable(broker)}`);
    expect(json).toMatchObject({
      handler: '_ingress',
      topic: 'unreadable',
      reason: 'Unreadable',
      detail: 'NotJson',
      id: '',
      attempts: 0,
      refusal: expect.stringContaining('could not read it'),
    });
  });

  it.each(['', '/body'])('of another webhook is not there (GET /<sequence>%s)', async (path) => {
    const sequence = await bury(broker, { id: 'theirs', webhook: webhookToken('crm', 'sales') });
    const { status, json } = await api.get(`/${sequence}${path}`);
    expect(status).toBe(404);
    expect(json).toMatchObject({ detail: expect.stringContaining(`no dead letter ${sequence}`) });
  });
});

describe('a list', () => {
  it('is newest first, or oldest first, page by page, each letter once', async () => {
    const sequences = await buryMany(broker, 1_100);
    for (const order of ['newest', 'oldest'] as const) {
      const found: number[] = [];
      let pages = 0;
      for (let cursor: number | null | undefined; cursor !== null; pages += 1) {
        const page = await api.list(`?order=${order}&limit=400${cursor === undefined ? '' : `&cursor=${cursor}`}`);
        found.push(...page.items.map(({ sequence }) => sequence));
        cursor = page.next;
      }
      expect(pages, order).toBe(3);
      expect(found, order).toEqual(order === 'oldest' ? sequences : sequences.toReversed());
    }
  });

  it.each([1, 2, 255, 256, 257, 300])('of %i ends where the letters end', async (limit) => {
    const sequences = await buryMany(broker, 300);
    for (const [order, expected] of [
      ['oldest', sequences],
      ['newest', sequences.toReversed()],
    ] as const) {
      const { items, next } = await api.list(`?order=${order}&limit=${limit}`);
      expect(items.map(({ sequence }) => sequence)).toEqual(expected.slice(0, limit));
      expect(next === null).toBe(limit === 300);
    }
  });

  it('holds 50 where nothing is said, and nothing where there is nothing', async () => {
    expect(await api.list()).toEqual({ items: [], next: null });
    await buryMany(broker, 60);
    expect((await api.list()).items).toHaveLength(50);
  });

  it('names what is meant by handler, reason, topic, id and time, alone and together', async () => {
    await bury(broker, { id: 'a', handler: 'support', reason: 'Refused', topic: 'conversation.user.created' });
    await bury(broker, { id: 'b', handler: 'audit', reason: 'Refused', topic: 'conversation.user.created' });
    await bury(broker, { id: 'c', handler: 'audit', reason: 'AgeExceeded', topic: 'contact.user.created' });
    await bury(broker, { id: 'd', handler: 'audit-2', reason: 'AgeExceeded', topic: 'odd *.> topic' });
    await bury(broker, { id: 'e', webhook: webhookToken('crm', 'sales') });
    const ids = async (query: string) => (await api.list(`?order=oldest&${query}`)).items.map(({ id }) => id);
    expect(await ids('')).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids('handler=audit')).toEqual(['b', 'c']);
    expect(await ids('reason=AgeExceeded')).toEqual(['c', 'd']);
    expect(await ids('topic=conversation.user.created')).toEqual(['a', 'b']);
    expect(await ids(`topic=${encodeURIComponent('odd *.> topic')}`)).toEqual(['d']);
    expect(await ids('handler=audit&reason=AgeExceeded')).toEqual(['c']);
    expect(await ids('ids=a&ids=d&ids=nobody')).toEqual(['a', 'd']);
    const [, second, third] = (await api.list('?order=oldest')).items.map(({ storedAt }) => storedAt);
    expect(await ids(`since=${second}&until=${third}`)).not.toContain('d');
    expect(await ids('since=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await ids('until=2001-01-01T00:00:00%2B01:00')).toEqual([]);
  });

  it('finds one among many, in pages that end before they have looked at everything', async () => {
    await buryMany(broker, 600, 'before');
    const wanted = await bury(broker, { id: 'needle', reason: 'CrashedWorker' });
    await buryMany(broker, 600, 'after');
    const { first, last } = await api.stream.bounds();
    const { signal } = new AbortController();
    const request = { webhook: TOKEN, filter: { reason: 'CrashedWorker' }, limit: 10, maxLookedAt: 300, signal };
    for (const turn of [pageForward, pageBackward]) {
      const found: number[] = [];
      let pages = 0;
      for (let [from, through] = [first, last]; pages < 10; pages += 1) {
        const { items, next } = await turn(api.stream, { ...request, from, through });
        found.push(...items.map(({ sequence }) => sequence));
        if (next === null) break;
        [from, through] = turn === pageForward ? [next, last] : [first, next - 1];
      }
      expect(found, turn.name).toEqual([wanted]);
      // The first of them has not found it.
      expect(pages, turn.name).toBeGreaterThan(0);
    }
  });
});

it('counts by handler and reason, the most first', async () => {
  await buryMany(broker, 3, 'a', { handler: 'support', reason: 'Refused' });
  await buryMany(broker, 2, 'b', { handler: 'audit', reason: 'AgeExceeded' });
  await bury(broker, { id: 'c', handler: 'audit', reason: 'Refused' });
  await buryUnreadable(broker);
  await bury(broker, { id: 'theirs', webhook: webhookToken('crm', 'sales') });
  const { json } = await api.get('/count');
  expect(json).toMatchObject({
    total: 7,
    groups: [
      { handler: 'support', reason: 'Refused', count: 3 },
      { handler: 'audit', reason: 'AgeExceeded', count: 2 },
      { handler: '_ingress', reason: 'Unreadable', count: 1 },
      { handler: 'audit', reason: 'Refused', count: 1 },
    ],
  });
  expect((await api.get('/count', '?handler=audit&reason=Refused')).json).toMatchObject({ total: 1 });
});

it('leaves no reader behind at the server', async () => {
  await buryMany(broker, 1_200);
  await api.list('?limit=3');
  await api.list('?order=oldest&limit=3');
  await api.get('/count');
  const readers = async () => (await broker.manager.streams.info(STREAMS.deadLetters)).state.consumer_count;
  expect(await readers()).toBe(0);
});

it('fails rather than pass over letters that got lost on the way', async () => {
  await buryMany(broker, 1_200);
  const stream = await openDeadLetterStream(broker.connection);
  const subject = `icw.${TOKEN}.dlq.>`;
  const reading = stream.heads({ subject, from: 1, through: Number.MAX_SAFE_INTEGER }, new AbortController().signal);
  await reading.next();
  // As when the server with the reader dies between two fetches.
  for await (const { name } of broker.manager.consumers.list(STREAMS.deadLetters))
    await broker.manager.consumers.delete(STREAMS.deadLetters, name);
  const rest = async () => {
    for await (const _ of reading);
  };
  await expect(rest()).rejects.toThrow();
});

it('stops reading when asked to', async () => {
  await buryMany(broker, 1_200);
  const ended = new AbortController();
  const range = { subject: `icw.${TOKEN}.dlq.>`, from: 1, through: Number.MAX_SAFE_INTEGER };
  const reading = api.stream.heads(range, ended.signal);
  await reading.next();
  ended.abort();
  const rest = async () => {
    for await (const _ of reading);
  };
  await expect(rest()).rejects.toThrow('reading was stopped');
  await until(async () => (await broker.manager.streams.info(STREAMS.deadLetters)).state.consumer_count === 0, {
    describe: 'the reader to be gone',
  });
});
