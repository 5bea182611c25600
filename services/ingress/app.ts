import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from '#shared/logger.ts';
import { answer } from './answer.ts';
import type { IngressMetrics } from './metrics.ts';
import { type Outcome, type ReceiveDeps, receive, settled } from './receive.ts';
import { RefusalLog } from './refusal-log.ts';
import type { Store } from './store.ts';

export interface AppDeps extends ReceiveDeps {
  readonly path: string;
  readonly maxBodyBytes: number;
  /** No sender holds a connection longer than this with a request that does not end. */
  readonly requestTimeoutMs: number;
  readonly store: Store;
  readonly isDraining: () => boolean;
  readonly metrics: IngressMetrics;
  readonly logger: Logger;
}

/** The HTTP side: from a request to {@link receive}, and its outcome to an answer. Opens no sockets. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: deps.maxBodyBytes,
    requestTimeout: deps.requestTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: { headersTimeout: deps.requestTimeoutMs, connectionsCheckingInterval: deps.requestTimeoutMs / 10 },
    clientErrorHandler(error, socket) {
      if (SENDER_GONE.has(error.code)) return void socket.destroy();
      const [code, label] = CLIENT_ERRORS[error.code] ?? ['400 Bad Request', 'bad_request'];
      deps.metrics.answers.inc({ outcome: label, code: code.slice(0, 3) });
      if (socket.writable) socket.write(`HTTP/1.1 ${code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      socket.destroySoon();
    },
    frameworkErrors: (_error, _request, reply) => void count(reply, 404, 'not_found'),
  });
  const refusals = new RefusalLog(deps.logger, deps.nowMs);
  const count = (reply: FastifyReply, code: number, outcome: string) => {
    deps.metrics.answers.inc({ outcome, code });
    // Asked when it is answered: a request may have begun before the draining did.
    if (deps.isDraining()) void reply.header('connection', 'close');
    return reply.code(code).send('');
  };
  // Compared, not routed: a router would read patterns into the path that was declared.
  const isOurs = (url: string) => url.split('?', 1)[0] === deps.path;
  const refuse = (url: string, reply: FastifyReply) => {
    if (!isOurs(url)) return count(reply, 404, 'not_found');
    return count(reply.header('allow', 'HEAD, POST'), 405, 'method_not_allowed');
  };

  // The signature covers the raw bytes, whatever they are said to be: every body is read as one type, never 415. By its
  // name, for a parser for all types is looked up anew for each request.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(ANY_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, reply, done) => {
    request.headers['content-type'] = ANY_TYPE;
    // Before the body: what is not for us is not read.
    if (request.is404 || !isOurs(request.url)) void refuse(request.url, reply);
    else done();
  });

  app.head('*', (_request, reply) => count(reply, 200, 'probe'));
  app.post('*', (request, reply) => {
    const startedMs = performance.now();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = receive(body, request.headers['x-hub-signature'], deps);
    if (verdict.kind === 'decided') return finish(reply, verdict.outcome, startedMs);
    deps.store.put(verdict.envelope, verdict.body, (put) => finish(reply, settled(put, verdict.stored), startedMs));
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    // Ended in the middle of its body, by itself or by clientErrorHandler: nobody is there to be answered.
    if (request.raw.destroyed && !request.raw.complete) return reply.code(400).send('');
    if (error.statusCode === 413) return count(reply.header('connection', 'close'), 413, 'too_large');
    if (error.statusCode === 400) return count(reply.header('connection', 'close'), 400, 'bad_request');
    deps.logger.error({ err: error }, 'request failed');
    return count(reply.header('retry-after', '60'), 503, 'unavailable');
  });

  function finish(reply: FastifyReply, outcome: Outcome, startedMs: number): void {
    observe(outcome);
    const { status, label, close, retryAfterSeconds } = answer(outcome);
    if (close) void reply.header('connection', 'close');
    if (retryAfterSeconds !== null) void reply.header('retry-after', String(retryAfterSeconds));
    deps.metrics.answerSeconds.observe((performance.now() - startedMs) / 1000);
    void count(reply, status, label);
  }

  /** What an outcome leaves behind beside its answer. */
  function observe(outcome: Outcome): void {
    switch (outcome.kind) {
      case 'stored':
        return deps.metrics.lastNotification.set(deps.nowMs() / 1000);
      case 'ping':
        return outcome.signed ? deps.metrics.lastPing.set(deps.nowMs() / 1000) : undefined;
      case 'unreadable':
        return deps.logger.error(
          { reason: outcome.reason },
          'signed request is not a notification, kept as dead letter',
        );
      case 'refused':
        return refusals.add(outcome.reason);
      case 'unavailable':
        return deps.logger.error({ err: outcome.error }, 'notification could not be stored');
      case 'other-workspace':
      case 'too-large':
        return undefined;
    }
  }
  return app;
}

const ANY_TYPE = 'application/octet-stream';

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: string, label: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'stalled'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large'],
};

/** Connections that end without an answer, in the middle of a request. */
const SENDER_GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);
