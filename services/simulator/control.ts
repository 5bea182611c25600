import { Readable } from 'node:stream';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NotificationLine } from './ledger.ts';
import { SendRequest, SubscriptionRequest } from './requests.ts';
import type { SendRefusal, Workspace } from './workspace.ts';

const MAX_REQUEST_BYTES = 16_384;
const REQUEST_TIMEOUT_MS = 10_000;
/** Lines that are written in one go; between two goes the event loop sends notifications. */
const LINES_PER_CHUNK = 200;

const RunParams = z.object({ id: z.string().max(20) });
const NotificationsQuery = z.strictObject({ run: z.string().max(20).optional() });

const refusals: Readonly<Record<SendRefusal, { status: number; message: string }>> = {
  'no-subscription': { status: 409, message: 'save a URL first: POST /subscription' },
  'subscription-disabled': { status: 409, message: 'an answer 410 ended the subscription; save the URL again' },
  'too-many-runs': { status: 429, message: 'too many runs; wait for one to end, or start another simulator' },
  'too-many-notifications': { status: 429, message: 'more than this simulator may remember; start another' },
};

/** The control API as a fastify instance that doesn't listen yet. Errors are `{error, message, issues?}`. */
export function buildControl(workspace: Workspace): FastifyInstance {
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
    const { statusCode = 500, message } = error;
    return reply.code(statusCode).send({ error: statusCode < 500 ? 'bad-request' : 'internal', message });
  });

  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({
      error: 'not-found',
      message: 'there is POST /subscription, POST /send, GET /runs/:id, GET /report, GET /notifications',
    }),
  );

  app.post('/subscription', async (request, reply) => {
    const result = await workspace.saveUrl(SubscriptionRequest.parse(request.body));
    return reply.code(result.saved ? 200 : 422).send(result);
  });

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
    return reply.type('application/x-ndjson').send(Readable.from(chunks(workspace.notifications(run))));
  });

  return app;
}

function* chunks(lines: Iterable<NotificationLine>): Generator<string> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(`${JSON.stringify(line)}\n`);
    if (chunk.length < LINES_PER_CHUNK) continue;
    yield chunk.join('');
    chunk = [];
  }
  yield chunk.join('');
}
