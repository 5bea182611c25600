import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '#shared/logger.ts';
import { answer } from './answer.ts';
import { type Body, BodyReader } from './body.ts';
import { Connections } from './connections.ts';
import type { Limits } from './limits.ts';
import type { IngressMetrics } from './metrics.ts';
import type { Observed } from './observed/observed.ts';
import { type Outcome, type ReceiveDeps, receive, settled } from './receive.ts';
import { SampledLog } from './sampled-log.ts';
import type { Store } from './store.ts';

export interface ServerDeps extends ReceiveDeps {
  readonly path: string;
  readonly maxBodyBytes: number;
  readonly limits: Limits;
  /** No sender holds a connection longer than this with a request that does not end. */
  readonly requestTimeoutMs: number;
  readonly store: Store;
  readonly isDraining: () => boolean;
  readonly metrics: IngressMetrics;
  readonly observed: Observed;
  readonly logger: Logger;
}

export interface IngressServer {
  readonly server: Server;
  /** Of bodies of which something is still to come, bytes. */
  readonly unfinishedBytes: () => number;
  readonly connections: () => number;
}

/** Longer than proxies keep idle connections: they close them first, and none is closed under a request. */
const KEEP_ALIVE_MS = 72_000;

/** The HTTP side: from a request to {@link receive}, and its outcome to an answer. Listens nowhere yet. */
export function createIngressServer(deps: ServerDeps): IngressServer {
  const sampled = new SampledLog(deps.nowMs);
  const options = {
    requestTimeout: deps.requestTimeoutMs,
    headersTimeout: deps.requestTimeoutMs,
    connectionsCheckingInterval: deps.requestTimeoutMs / 10,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    // Else Node answers 400 itself, which nobody would count. The signature says whose request it is.
    requireHostHeader: false,
  };
  const server = createServer(options, onRequest);
  const bodies = new BodyReader({ maxBytes: deps.maxBodyBytes, maxUnfinishedBytes: deps.limits.maxUnfinishedBytes });
  const connections = new Connections(server, deps.limits, onRefused);
  server.on('clientError', onClientError);
  // Ignored, as a proxy might have added it: Node would answer 417, which nobody would count.
  server.on('checkExpectation', onRequest);
  return { server, unfinishedBytes: () => bodies.unfinishedBytes, connections: () => connections.open };

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    // What is not for us is answered before its body is read.
    if (!isOurs(request.url ?? '')) return sendUnread(response, { status: 404, label: 'not_found' });
    if (request.method === 'POST') return bodies.read(request, (body) => onBody(request, response, body));
    if (request.method === 'HEAD') return sendUnread(response, { status: 200, label: 'probe' });
    sendUnread(response.setHeader('allow', 'HEAD, POST'), { status: 405, label: 'method_not_allowed' });
  }

  // Compared, not routed: a router would read patterns into the path that was declared.
  function isOurs(url: string): boolean {
    return url === deps.path || url.split('?', 1)[0] === deps.path;
  }

  function onBody(request: IncomingMessage, response: ServerResponse, body: Body): void {
    const startedMs = performance.now();
    if (body === 'too-large') return finish(response, { kind: 'too-large', isSigned: false }, startedMs);
    if (body === 'gave-way') return finish(response, GAVE_WAY, startedMs);
    const verdict = receive(body, request.headers['x-hub-signature'], deps);
    if (verdict.kind === 'decided') return finish(response, verdict.outcome, startedMs);
    deps.store.put(verdict.envelope, verdict.body, (put) => finish(response, settled(put, verdict.stored), startedMs));
  }

  function finish(response: ServerResponse, outcome: Outcome, startedMs: number): void {
    observe(outcome);
    deps.observed.answered(outcome, response.req.headers['user-agent']);
    const { status, label, close, retryAfterSeconds } = answer(outcome);
    if (close) response.setHeader('connection', 'close');
    if (retryAfterSeconds !== null) response.setHeader('retry-after', retryAfterSeconds);
    deps.metrics.answerSeconds.observe((performance.now() - startedMs) / 1000);
    send(response, { status, label });
  }

  function sendUnread(response: ServerResponse, labelled: { status: number; label: string }): void {
    deps.observed.answeredUnread(labelled.status, response.req.headers['user-agent']);
    send(response, labelled);
  }

  function send(response: ServerResponse, { status, label }: { status: number; label: string }): void {
    deps.metrics.answers.inc({ outcome: label, code: status });
    // Asked when it is answered: a request may have begun before the draining did.
    if (connections.isCrowded || deps.isDraining()) response.setHeader('connection', 'close');
    response.writeHead(status, NO_CONTENT).end();
  }

  function onRefused(): void {
    deps.metrics.connectionsRefused.inc();
    sampled.add('connection', (count) =>
      deps.logger.error({ open: connections.open, count }, 'connections refused: as many as may be are open'),
    );
  }

  function onClientError(error: Error & { code?: string }, socket: Duplex): void {
    const code = error.code ?? '';
    if (SENDER_GONE.has(code)) return void socket.destroy();
    // Answered already: each further packet of the same request comes here again.
    if (!socket.writable) return;
    const [status, label] = CLIENT_ERRORS[code] ?? ['400 Bad Request', 'bad_request'];
    deps.metrics.answers.inc({ outcome: label, code: status.slice(0, 3) });
    deps.observed.answeredUnread(Number.parseInt(status, 10), undefined);
    // Destroyed, for a sender that never ends its side would keep it for ever: Node's time-outs are over for it.
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  }

  /** What an outcome leaves behind beside its answer. */
  function observe(outcome: Outcome): void {
    switch (outcome.kind) {
      case 'stored':
        return deps.metrics.lastNotification.set(deps.nowMs() / 1000);
      case 'ping':
        return outcome.secretIndex === null ? undefined : deps.metrics.lastPing.set(deps.nowMs() / 1000);
      case 'unreadable':
        return deps.logger.error(
          { reason: outcome.reason },
          'signed request is not a notification, kept as dead letter',
        );
      case 'refused':
        return sampled.add(outcome.reason, (count) =>
          deps.logger.warn({ reason: outcome.reason, count }, 'signature refused'),
        );
      case 'unavailable':
        deps.metrics.unavailable.inc({ reason: outcome.reason });
        return sampled.add(outcome.reason, (count) =>
          deps.logger.error({ reason: outcome.reason, err: outcome.error, count }, 'answered 503'),
        );
      case 'other-workspace':
      case 'too-large':
        return undefined;
    }
  }
}

/** Of a sender that may be anybody: nothing of it was checked. */
const GAVE_WAY: Outcome = {
  kind: 'unavailable',
  reason: 'receiving',
  error: new Error('too much was being received at once, and this had been at it longest'),
};

const NO_CONTENT = { 'content-length': 0 };

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: string, label: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'stalled'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large'],
};

/** Connections that end without an answer, in the middle of a request. */
const SENDER_GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);
