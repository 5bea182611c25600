import type { Server } from 'node:http';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { request } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { LIMITS } from '#services/ingress/limits.ts';
import { closeServer, listen } from '#services/ingress/listen.ts';
import { createIngressMetrics } from '#services/ingress/metrics.ts';
import { createIngressServer } from '#services/ingress/server.ts';
import { notification, observer, sign } from './setup.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await closeServer(server, 2_000);
});

/** What `endpoint.path` may hold and a router takes for more than it says. */
it.each(['/', '/a/', '/a%20b', '/a*b', '/*', '/:id', '/a(b)', '/(x', '/a;b', '/a::b'])(
  'receives at %s, and nowhere else',
  async (path) => {
    const { server } = createIngressServer({
      webhook: 'crm-support',
      path,
      topics: new Set(),
      workspaces: new Set(['another']),
      maxBodyBytes: 4096,
      limits: LIMITS,
      requestTimeoutMs: 10_000,
      deadLetterTtlMs: 1_000,
      maxStorableBytes: () => 4096,
      secrets: () => ['secret'],
      store: { put: () => expect.unreachable('a notification of another workspace is not stored') },
      isDraining: () => false,
      nowMs: Date.now,
      metrics: createIngressMetrics(new Registry(), () => ({ records: 0, bytes: 0, oldestAtMs: null })),
      observed: observer(),
      logger: pino({ level: 'silent' }),
    });
    const body = notification();
    servers.push(server);
    const origin = `http://127.0.0.1:${await listen(server, { host: '127.0.0.1', port: 0 })}`;
    const status = async (method: 'POST' | 'HEAD' | 'GET', target: string) => {
      const headers = { 'x-hub-signature': sign(body, 'secret') };
      const response = await request(`${origin}${target}`, {
        method,
        headers,
        reset: true,
        body: method === 'POST' ? body : null,
      });
      await response.body.dump();
      return response.statusCode;
    };
    expect(await status('POST', path)).toBe(200);
    expect(await status('POST', `${path}?a=b`)).toBe(200);
    expect(await status('HEAD', path)).toBe(200);
    expect(await status('GET', path)).toBe(405);
    expect(await status('POST', '/anything')).toBe(404);
    expect(await status('POST', `${path}x`)).toBe(404);
  },
);
