import { Readable } from 'node:stream';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ndjson } from './ndjson.ts';
import { PolicyRequest, SendRequest, SubscriptionRequest } from './requests.ts';
import type { Rest } from './rest/rest.ts';
import type { SendRefusal, Workspace } from './workspace.ts';

const MAX_REQUEST_BYTES = 16_384;
const REQUEST_TIMEOUT_MS = 10_000;

const RunParams = z.object({ id: z.string().max(20) });
const NotificationsQuery = z.strictObject({ run: z.string().max(20).optional() });

const refusals: Readonly<Record<SendRefusal, { status: number; message: string }>> = {
  'no-subscription': { status: 409, message: 'save a URL first: POST /subscription' },
  'subscription-disabled': {
    status: 409,
    message: 'an answer 410 ended the subscription: POST /subscription/live, or save the URL again',
  },
  'subscription-suspended': {
    status: 409,
    message: 'seven days of errors have suspended the subscription: POST /subscription/live',
  },
  'topics-of-another-version': {
    status: 409,
    message: "the app's API version has no such topic; save the URL with a later apiVersion, or leave the topic out",
  },
  'too-many-runs': { status: 429, message: 'too many runs; wait for one to end, or start another simulator' },
  'too-many-notifications': { status: 429, message: 'more than this simulator may remember; start another' },
};

/** Fastify's codes for bodies it can't read; its own sentences say what was sent and not what to send. */
const notJson: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send JSON, with the header Content-Type: application/json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send JSON',
};

/**
 * The control API as a fastify instance that doesn't listen yet. Errors are `{error, message, issues?}`.
 * @param rest null where no REST API is served
 */
export function buildControl(workspace: Workspace, rest: Pick<Rest, 'replies'> | null): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });

  app.setErrorHandler<FastifyError | z.ZodError>((error, _request, reply) => {
    if (error instanceof z.ZodError) {
      const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
      return reply.code(400).send({ error: 'invalid-request', message: 'the request does not fit', issues });
    }
    const { statusCode = 500 } = error;
    const message = notJson[error.code] ?? error.message;
    return reply.code(statusCode).send({ error: statusCode < 500 ? 'bad-request' : 'internal', message });
  });

  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({
      error: 'not-found',
      message:
        'there is POST /subscription, POST /subscription/live, PUT /policy, POST /send, GET /runs/:id, GET /report, GET /notifications, GET /replies',
    }),
  );

  app.post('/subscription', async (request, reply) => {
    const result = await workspace.saveUrl(SubscriptionRequest.parse(request.body));
    return reply.code(result.saved ? 200 : 422).send(result);
  });

  app.post('/subscription/live', async (_request, reply) => {
    const subscription = workspace.setLive();
    if (subscription !== null) return subscription;
    const { status, message } = refusals['no-subscription'];
    return reply.code(status).send({ error: 'no-subscription', message });
  });

  app.put('/policy', (request) => workspace.setPolicy(PolicyRequest.parse(request.body)));

  app.post('/send', async (request, reply) => {
    const result = workspace.send(SendRequest.parse(request.body));
    switch (result.kind) {
      case 'started':
        return reply.code(202).send({ run: result.run, seed: result.seed });
      case 'refused': {
        const { status, message } = refusals[result.reason];
        return reply.code(status).send({ error: result.reason, message });
      }
    }
  });

  app.get('/runs/:id', async (request, reply) => {
    const progress = workspace.progress(RunParams.parse(request.params).id);
    if (progress === null) return reply.code(404).send({ error: 'not-found', message: 'there is no such run' });
    return progress;
  });

  app.get('/report', async () => workspace.report());

  app.get('/notifications', async (request, reply) => {
    const { run } = NotificationsQuery.parse(request.query);
    return reply.type('application/x-ndjson').send(Readable.from(ndjson(workspace.notifications(run))));
  });

  app.get('/replies', async (_request, reply) => {
    if (rest !== null) return reply.type('application/x-ndjson').send(Readable.from(ndjson(rest.replies())));
    return reply
      .code(404)
      .send({ error: 'no-rest-api', message: 'the REST API is not served: start with --rest-port' });
  });

  return app;
}
