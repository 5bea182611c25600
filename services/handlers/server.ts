import fastify, { type FastifyInstance } from 'fastify';
import { HEADER_ALLOWANCE_BYTES } from '#shared/contract.ts';

/** What a handler gets of one call. Headers are those of docs/handlers.md. */
export interface Call {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A handler's answer: a value that JSON can hold, sent with 200. */
export type Handle = (call: Call) => unknown;

/** An HTTP server that hands every POST, whatever its path, to `handle`. Opens no sockets. */
export function buildHandlerServer(handle: Handle): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 64 * 1024 * 1024, http: { maxHeaderSize: HEADER_ALLOWANCE_BYTES } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/*', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    return reply.send(JSON.stringify(await handle({ headers: request.headers, body })));
  });
  app.get('/healthz', () => 'ok\n');
  return app;
}
