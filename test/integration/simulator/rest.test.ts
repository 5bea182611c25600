import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ADMIN } from '#services/simulator/bodies/people.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { notificationOf } from './receiver.ts';
import { call, comment, conversationOf, conversing, errorOf, reply, TOKEN } from './rest-client.ts';
import { receiver, SUBSCRIPTION, sendAll, sent, simulator } from './setup.ts';

trackLeaks();

describe('GET /me', () => {
  it('says whose token it is, and of which workspace', async () => {
    const intercom = await simulator({ rest: { accessToken: TOKEN } });
    const answer = await call(intercom, '/me', { headers: { 'intercom-version': '2.14' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { type: 'admin', id: ADMIN.id, app: { type: 'app', id_code: 'simulat0r', region: 'US' } },
      headers: {
        'x-ratelimit-limit': '1667',
        'x-ratelimit-remaining': '1666',
        'x-ratelimit-reset': expect.stringMatching(/^\d+0$/),
        'x-request-id': expect.any(String),
      },
    });
  });
});

describe('the port', () => {
  it('that is taken keeps the simulator from starting, and leaves nothing open', async () => {
    const { control } = await simulator();
    await expect(simulator({ rest: { port: control.port } })).rejects.toThrow('EADDRINUSE');
  });
});

describe('the token', () => {
  it('is asked for everywhere, also where nothing is', async () => {
    const { intercom, ids } = await conversing({}, { count: 1 });
    for (const path of ['/me', `/conversations/${ids[0]}`, '/nowhere']) {
      for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`]) {
        const answer = await call(intercom, path, { headers: { authorization } });
        expect(answer).toMatchObject({ status: 401, body: errorOf('unauthorized') });
      }
    }
    expect(
      await call(intercom, `/conversations/${ids[0]}/reply`, {
        method: 'POST',
        headers: { authorization: '' },
        body: comment,
      }),
    ).toMatchObject({ status: 401 });
    expect([...intercom.replies()]).toEqual([]);
  });

  it('is that of the app whose URL is saved', async () => {
    const { intercom } = await conversing({}, { count: 1 });
    expect(await call(intercom, '/me')).toMatchObject({ body: { app: { id_code: SUBSCRIPTION.appId } } });
  });

  it('can come with the saving of a URL, and opens that workspace only', async () => {
    const endpoint = await receiver(() => 200);
    const intercom = await simulator({ rest: { accessToken: 'another' } });
    expect(await call(intercom, '/me')).toMatchObject({ status: 401 });
    await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION, accessToken: TOKEN });
    expect(await call(intercom, '/me')).toMatchObject({ body: { app: { id_code: SUBSCRIPTION.appId } } });

    await sendAll(intercom, { count: 1, topics: ['conversation.user.created'] });
    const id = [...intercom.notifications()][0]?.subjectKey.split('/')[1];
    expect(await call(intercom, `/conversations/${id}`)).toMatchObject({ status: 200 });
    const stranger = await call(intercom, `/conversations/${id}`, { headers: { authorization: 'Bearer another' } });
    expect(stranger).toMatchObject({ status: 404 });
  });

  it('is in no line of the log, and neither is a reply', async () => {
    const log: string[] = [];
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      log.push(chunk.toString());
      done();
    };
    const endpoint = await receiver(() => 200);
    const logger = pino({ level: 'trace' }, new Writable({ write }));
    const intercom = await simulator({ logger, rest: { accessToken: TOKEN } });
    await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION, accessToken: TOKEN });
    await sendAll(intercom, { count: 1, topics: ['conversation.user.created'] });
    const id = [...intercom.notifications()][0]?.subjectKey.split('/')[1] ?? '';
    expect(await reply(intercom, id)).toMatchObject({ status: 200 });
    await call(intercom, '/me', { headers: { authorization: 'Bearer wrong-one' } });
    const written = log.join('');
    expect(written).toContain(`"restPort":${intercom.rest?.port}`);
    for (const secret of [TOKEN, 'wrong-one', comment.body]) expect(written).not.toContain(secret);
  });
});

describe('GET /conversations/{id}', () => {
  it('has what the notifications said, with the parts of all of them', async () => {
    const { intercom, endpoint, ids } = await conversing({}, { count: 12, conversations: 3 });
    expect(ids).toHaveLength(3);
    const items = sent(endpoint).map((post) => notificationOf(post).data.item);
    for (const id of ids) {
      const told = items.filter((item) => item['id'] === id);
      const { body } = await call(intercom, `/conversations/${id}`);
      expect(body).toMatchObject({
        type: 'conversation',
        id,
        source: told[0]?.['source'],
        contacts: told[0]?.['contacts'],
      });
      expect(await conversationOf(intercom, id)).toMatchObject({
        conversation_parts: { total_count: told.length - 1 },
      });
    }
  });

  it.each(['1', 'last', 'nothing'])('knows no conversation %s', async (id) => {
    const { intercom } = await conversing({}, { count: 1 });
    expect(await call(intercom, `/conversations/${id}`)).toMatchObject({ status: 404, body: errorOf('not_found') });
  });

  it('knows none that only a forgery was about', async () => {
    const { intercom, ids } = await conversing({}, { count: 0, forgeries: 3, topics: ['conversation.user.created'] });
    expect(ids).not.toEqual([]);
    for (const id of ids) expect(await call(intercom, `/conversations/${id}`)).toMatchObject({ status: 404 });
  });
});

describe('POST /conversations/{id}/reply', () => {
  it('appends a part, which is there when the conversation is read again', async () => {
    const { intercom, ids } = await conversing({}, { count: 2, conversations: 1 });
    const [id = ''] = ids;
    const answer = await reply(intercom, id);
    expect(answer).toMatchObject({ status: 200, body: { type: 'conversation', id, waiting_since: null } });
    const { conversation_parts } = await conversationOf(intercom, id);
    expect(conversation_parts.conversation_parts.at(-1)).toMatchObject({
      part_type: 'comment',
      body: `<p>${comment.body}</p>`,
      author: { type: 'admin', id: ADMIN.id },
    });
    expect(conversation_parts.total_count).toBe(2);
  });

  it('makes two replies of two equal requests, though they name the same key', async () => {
    const { intercom, ids } = await conversing({}, { count: 1 });
    const [id = ''] = ids;
    const headers = { 'idempotency-key': 'the-same' };
    for (const _ of [1, 2]) {
      await call(intercom, `/conversations/${id}/reply`, { method: 'POST', headers, body: comment });
    }
    expect([...intercom.replies()].map(({ conversation, body }) => [conversation, body])).toEqual([
      [id, comment.body],
      [id, comment.body],
    ]);
    expect((await conversationOf(intercom, id)).conversation_parts.total_count).toBe(2);
  });

  it('refuses what Intercom refuses, and makes nothing of it', async () => {
    const { intercom, ids } = await conversing({}, { count: 1 });
    const [id = ''] = ids;
    expect(await reply(intercom, '1')).toMatchObject({ status: 404, body: errorOf('not_found') });
    const withoutBody = await reply(intercom, id, { ...comment, body: undefined });
    expect(withoutBody).toMatchObject({ status: 400, body: errorOf('parameter_not_found') });
    const asClose = await reply(intercom, id, { ...comment, message_type: 'close' });
    expect(asClose).toMatchObject({ status: 400, body: errorOf('parameter_invalid') });
    const byNobody = await reply(intercom, id, { ...comment, admin_id: '7' });
    expect(byNobody).toMatchObject({ status: 404, body: errorOf('admin_not_found') });
    expect([...intercom.replies()]).toEqual([]);
  });
});

describe('GET /replies of the control API', () => {
  it('lists every reply as one JSON document a line', async () => {
    const { intercom, ids } = await conversing({}, { count: 4, conversations: 2 });
    for (const id of ids) await reply(intercom, id, { ...comment, message_type: 'note' });
    const answer = await fetch(`${intercom.control.url}/replies`, { headers: { connection: 'close' } });
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
      ids.map((conversation) => ({
        appId: SUBSCRIPTION.appId,
        conversation,
        part: expect.any(String),
        messageType: 'note',
        author: { type: 'admin', id: ADMIN.id },
        body: comment.body,
        atMs: expect.any(Number),
        answer: 200,
      })),
    );
  });

  it('is not there where no REST API is served', async () => {
    const intercom = await simulator();
    expect(intercom.rest).toBeNull();
    const answer = await fetch(`${intercom.control.url}/replies`, { headers: { connection: 'close' } });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('--rest-port');
  });
});
