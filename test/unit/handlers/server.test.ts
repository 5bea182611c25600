import { expect, it } from 'vitest';
import { buildHandlerServer, type Call } from '#services/handlers/server.ts';

it.each(['/', '/any/path?x=1'])('hands a POST to %s over, byte for byte', async (url) => {
  const calls: Call[] = [];
  const app = buildHandlerServer((call) => {
    calls.push(call);
    return { seen: call.body.length };
  });
  const payload = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
  const headers = { 'content-type': 'application/json', 'ce-id': 'notif_1' };
  const response = await app.inject({ method: 'POST', url, payload, headers });
  expect([response.statusCode, response.body]).toEqual([200, '{"seen":4}']);
  expect(calls.map(({ body }) => body)).toEqual([payload]);
  expect(calls[0]?.headers['ce-id']).toBe('notif_1');
  await app.close();
});

it('takes a call without a body, and one of any content type', async () => {
  const sizes: number[] = [];
  const app = buildHandlerServer(({ body }) => {
    sizes.push(body.length);
    return {};
  });
  const requests = [
    { method: 'POST' as const, url: '/' },
    { method: 'POST' as const, url: '/', payload: 'abc', headers: { 'content-type': 'text/x-unknown' } },
  ];
  for (const request of requests) expect((await app.inject(request)).statusCode).toBe(200);
  expect(sizes).toEqual([0, 3]);
  await app.close();
});

it('answers 500 where the handler throws, so that the worker tries again', async () => {
  const app = buildHandlerServer(() => Promise.reject(new Error('not now')));
  expect((await app.inject({ method: 'POST', url: '/', payload: '{}' })).statusCode).toBe(500);
  await app.close();
});

it('says that it is there', async () => {
  const app = buildHandlerServer(() => ({}));
  expect((await app.inject({ method: 'GET', url: '/healthz' })).body).toBe('ok\n');
  await app.close();
});
