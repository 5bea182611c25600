import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Conversations } from './conversations.ts';
import { type FaultPlan, faultOf } from './faults.ts';
import { me } from './me.ts';
import { type Grant, type Slice, sliceLimit, takeCall } from './rate-limit.ts';
import { errorList, type Refusal, refusalAnswer } from './refusal.ts';
import { judgeReply } from './reply.ts';
import { acceptsJson, isKnownVersion } from './request-headers.ts';
import type { Tokens } from './tokens.ts';

export interface RestApiDeps {
  readonly tokens: Pick<Tokens, 'appOf'>;
  readonly conversations: Pick<Conversations, 'find' | 'reply'>;
  /** Of one app. Intercom's is 10 000. */
  readonly callsPerMinute: number;
  readonly faults: FaultPlan;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** A UUID, for `request_id`. */
  readonly newRequestId: () => string;
  /** For errors of the simulator itself, which look like Intercom's own from outside. */
  readonly logger: Pick<Logger, 'error'>;
}

const MAX_REQUEST_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;

const ConversationParams = z.object({ id: z.string() });

/** The part of Intercom's REST API that replies need, as a fastify instance that doesn't listen yet. Logs no request. */
export function buildRestApi(deps: RestApiDeps): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    genReqId: deps.newRequestId,
    frameworkErrors: (_error, request, reply) => void refuse(request, reply, { kind: 'not-found' }),
  });
  const slices = new Map<string, Slice>();
  const limit = sliceLimit(deps.callsPerMinute);
  let replyCount = 0;

  function count(appId: string): Grant {
    const grant = takeCall(slices.get(appId) ?? null, limit, deps.nowMs());
    slices.set(appId, grant.slice);
    return grant;
  }

  app.decorateRequest('appId', '');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    const appId = deps.tokens.appOf(request.headers.authorization);
    if (appId === null) return refuse(request, reply, { kind: 'unauthorized' });
    const grant = count(appId);
    reply.headers({
      'x-ratelimit-limit': grant.limit,
      'x-ratelimit-remaining': grant.remaining,
      'x-ratelimit-reset': grant.resetAtS,
    });
    if (!grant.isGranted) return refuse(request, reply, { kind: 'rate-limited', limit });
    const objection = objectionTo(request);
    if (objection !== null) return refuse(request, reply, objection);
    request.setDecorator('appId', appId);
  });

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode === 413) return refuse(request, reply, { kind: 'too-large' });
    if (statusCode < 500) return refuse(request, reply, { kind: 'unreadable' });
    deps.logger.error({ err: error, requestId: request.id }, 'rest api failed');
    return refuse(request, reply, { kind: 'fault', status: 500 });
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, { kind: 'not-found' }));

  app.get('/me', (request, reply) => reply.send(me(appIdOf(request))));

  app.get('/conversations/:id', async (request, reply) => {
    const { id } = ConversationParams.parse(request.params);
    return deps.conversations.find(appIdOf(request), id) ?? refuse(request, reply, { kind: 'not-found' });
  });

  app.post('/conversations/:id/reply', async (request, reply) => {
    const { id: conversation } = ConversationParams.parse(request.params);
    const appId = appIdOf(request);
    const before = deps.conversations.find(appId, conversation);
    if (before === null) return refuse(request, reply, { kind: 'not-found' });
    const verdict = judgeReply(request.body, before);
    if (verdict.kind === 'refused') return refuse(request, reply, verdict.refusal);
    const fault = faultOf(deps.faults, replyCount);
    replyCount += 1;
    const made = { appId, conversation, reply: verdict.reply, atMs: deps.nowMs(), answer: fault?.answer ?? 200 };
    const after = fault?.isStored === false ? before : deps.conversations.reply(made);
    if (after === null) return refuse(request, reply, { kind: 'full' });
    switch (fault?.answer) {
      case undefined:
        return after;
      case 'none':
        reply.hijack();
        request.socket.destroy();
        return reply;
      case 500:
      case 503:
      case 504:
        return refuse(request, reply, { kind: 'fault', status: fault.answer });
    }
  });

  return app;
}

/** The app whose token the request bears. */
function appIdOf(request: FastifyRequest): string {
  return request.getDecorator<string>('appId');
}

function objectionTo({ headers, is404 }: FastifyRequest): Refusal | null {
  const version = headers['intercom-version'];
  if (version !== undefined && !isKnownVersion(String(version))) return { kind: 'unknown-version' };
  // what has no endpoint is not found only by those who would have understood the answer
  const accept = headers.accept ?? (is404 ? '' : '*/*');
  return acceptsJson(accept) ? null : { kind: 'not-acceptable' };
}

function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const answer = refusalAnswer(refusal);
  return reply.code(answer.status).send(errorList(request.id, answer));
}
