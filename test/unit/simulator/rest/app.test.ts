import { randomUUID } from 'node:crypto';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { buildRestApi, type RestApiDeps } from '#services/simulator/rest/app.ts';
import { type ConversationBounds, createConversations } from '#services/simulator/rest/conversations.ts';
import { createTokens } from '#services/simulator/rest/tokens.ts';
import { adminComment, item } from './sample.ts';

const APP = 'abc12345';
const TOKEN = 'dG9rOmE=';
const SLICE_MS = 10_000;

interface Api {
  readonly call: (request?: InjectOptions) => Promise<LightMyRequestResponse>;
  readonly passMs: (ms: number) => void;
  readonly grant: (appId: string, accessToken: string) => void;
}

function api(deps: Partial<RestApiDeps> = {}, bounds: Partial<ConversationBounds> = {}): Api {
  const tokens = createTokens();
  tokens.grant(APP, TOKEN);
  const conversations = createConversations({
    maxConversations: 10,
    maxReplies: 10,
    maxReplyBytes: 1_000_000,
    ...bounds,
  });
  conversations.notified(APP, '524', () => ({ topic: 'conversation.user.created', item: item() }));
  let nowMs = 1_487_332_510_000;
  const app = buildRestApi({
    tokens,
    conversations,
    callsPerMinute: 10_000,
    faults: { seed: 1, share: 0 },
    nowMs: () => nowMs,
    newRequestId: randomUUID,
    logger: pino({ level: 'silent' }),
    ...deps,
  });
  return {
    call: ({ headers, ...request } = {}) =>
      app.inject({ url: '/me', headers: { authorization: `Bearer ${TOKEN}`, ...headers }, ...request }),
    passMs: (ms) => {
      nowMs += ms;
    },
    grant: tokens.grant,
  };
}

const reply = (payload: InjectOptions['payload'], contentType = 'application/json'): InjectOptions => ({
  method: 'POST',
  url: '/conversations/524/reply',
  headers: { 'content-type': contentType },
  ...(payload === undefined ? {} : { payload }),
});

const errorOf = (code: string) => ({
  type: 'error.list',
  request_id: expect.stringMatching(/^[\da-f-]{36}$/),
  errors: [{ code, message: expect.any(String) }],
});

describe('the limit', () => {
  it('refuses with 429 what exceeds a slice, and grants again in the next', async () => {
    const { call, passMs } = api({ callsPerMinute: 18 });
    for (const remaining of ['2', '1', '0']) {
      const answer = await call();
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': remaining,
        'x-ratelimit-reset': '1487332520',
      });
    }
    passMs(SLICE_MS - 1);
    const refused = await call();
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toEqual(errorOf('rate_limit_exceeded'));
    expect(refused.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1487332520' });
    passMs(1);
    expect(await call()).toMatchObject({ statusCode: 200, headers: { 'x-ratelimit-remaining': '2' } });
  });

  it('is counted for every app by itself, and for errors too', async () => {
    const { call, grant } = api({ callsPerMinute: 6 });
    grant('other', 'another-token');
    expect((await call({ url: '/nowhere' })).headers).toMatchObject({ 'x-ratelimit-remaining': '0' });
    expect((await call()).statusCode).toBe(429);
    expect((await call({ headers: { authorization: 'Bearer another-token' } })).statusCode).toBe(200);
  });

  it('is neither told nor used up where nobody is known', async () => {
    const { call } = api({ callsPerMinute: 6 });
    const answer = await call({ headers: { authorization: 'Bearer wrong' } });
    expect(answer.statusCode).toBe(401);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
    expect((await call()).statusCode).toBe(200);
  });
});

describe('what is refused', () => {
  it.each([
    { what: 'JSON that is none', request: reply('{"type":'), status: 400, code: 'parameter_invalid' },
    {
      what: 'a form',
      request: reply('type=admin', 'application/x-www-form-urlencoded'),
      status: 400,
      code: 'parameter_invalid',
    },
    {
      what: 'too much',
      request: reply(JSON.stringify({ body: 'x'.repeat(65_536) })),
      status: 413,
      code: 'client_error',
    },
    {
      what: 'nothing at all',
      request: { method: 'POST', url: '/conversations/524/reply' },
      status: 400,
      code: 'parameter_not_found',
    },
    {
      what: 'another method',
      request: { method: 'DELETE', headers: { accept: '*/*' } },
      status: 404,
      code: 'not_found',
    },
    {
      what: 'another method without Accept',
      request: { method: 'DELETE' },
      status: 406,
      code: 'media_type_not_acceptable',
    },
    {
      what: 'a wish for HTML',
      request: { headers: { accept: 'text/html' } },
      status: 406,
      code: 'media_type_not_acceptable',
    },
    {
      what: 'a version nobody knows',
      request: { headers: { 'intercom-version': '2.99' } },
      status: 400,
      code: 'intercom_version_invalid',
    },
    { what: 'a path that is none', request: { url: '/conversations/%E0%A4%A' }, status: 404, code: 'not_found' },
  ] as const)('$what: $status $code', async ({ request, status, code }) => {
    const answer = await api().call(request);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual(errorOf(code));
  });

  it('names the request in the header as in the body', async () => {
    const answer = await api().call({ url: '/nowhere' });
    expect(answer.json()).toMatchObject({ request_id: answer.headers['x-request-id'] });
  });

  it('says so in the log where the fault is its own', async () => {
    const log: string[] = [];
    const logger = pino({}, { write: (line: string) => log.push(line) });
    const broken = () => {
      throw new Error('out of order');
    };
    const { call } = api({ logger, conversations: { find: broken, reply: broken } });
    const answer = await call({ url: '/conversations/524' });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual(errorOf('server_error'));
    expect(log.join('')).toContain('out of order');
    expect(log.join('')).not.toContain(TOKEN);
  });

  it('is every reply that the simulator could not remember', async () => {
    const { call } = api({}, { maxReplies: 1 });
    expect((await call(reply(adminComment))).statusCode).toBe(200);
    const answer = await call(reply(adminComment));
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual(errorOf('service_unavailable'));
  });
});
