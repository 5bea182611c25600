import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { buildApp } from '#services/ingress/app.ts';
import { createIngressMetrics } from '#services/ingress/metrics.ts';
import { notification, sign } from './setup.ts';

let app: ReturnType<typeof buildApp>;
afterEach(() => app.close());

/** What `endpoint.path` may hold and a router takes for more than it says. */
it.each(['/', '/a/', '/a%20b', '/a*b', '/*', '/:id', '/a(b)', '/(x', '/a;b', '/a::b'])(
  'receives at %s, and nowhere else',
  async (path) => {
    app = buildApp({
      webhook: 'crm-support',
      path,
      topics: new Set(),
      workspaces: new Set(['another']),
      maxBodyBytes: 4096,
      requestTimeoutMs: 10_000,
      deadLetterTtlMs: 1_000,
      maxStorableBytes: () => 4096,
      secrets: () => ['secret'],
      store: { put: () => Promise.reject(new Error('a notification of another workspace is not stored')) },
      isDraining: () => false,
      nowMs: Date.now,
      metrics: createIngressMetrics(new Registry()),
      logger: pino({ level: 'silent' }),
    });
    const body = notification();
    const status = async (method: 'POST' | 'HEAD' | 'GET', url: string) =>
      (await app.inject({ method, url, headers: { 'x-hub-signature': sign(body, 'secret') }, payload: body }))
        .statusCode;
    expect(await status('POST', path)).toBe(200);
    expect(await status('POST', `${path}?a=b`)).toBe(200);
    expect(await status('HEAD', path)).toBe(200);
    expect(await status('GET', path)).toBe(405);
    expect(await status('POST', '/anything')).toBe(404);
    expect(await status('POST', `${path}x`)).toBe(404);
  },
);
