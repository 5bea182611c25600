import { finished, Readable } from 'node:stream';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type * as z from 'zod';
import { webhookToken } from '#shared/contract.ts';
import { bearerCheck } from './bearer.ts';
import { countDeadLetters } from './count.ts';
import { drop } from './drop.ts';
import { readEntry, readSubject } from './entry.ts';
import { pageBackward, pageForward } from './list.ts';
import { badRequest, PROBLEM_TYPE, ProblemError, problemOf } from './problem.ts';
import { redrive } from './redrive.ts';
import { DropBody, LetterPath, ListQuery, RedriveBody, selectionOf, WebhookPath } from './requests.ts';
import type { Report } from './run.ts';
import { Filter } from './selection.ts';
import type { DeadLetterStream, StoredLetter } from './stream.ts';
import { isKnown, knownWebhooks } from './webhooks.ts';

/** Where what people did is written down: who is answered, never what a letter holds. A pino logger is one. */
export interface AuditLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface DeadLetterApiDeps {
  readonly stream: DeadLetterStream;
  /** Whoever has it sees personal data and may drop it. */
  readonly token: string;
  readonly audit: AuditLog;
}

const READ_DEADLINE_MS = 30_000;
/** Redrives and drops that go on at once. */
const MAX_RUNS = 4;
const PREFIX = '/v1/webhooks/:namespace/:name/dead-letters';

/**
 * Dead letters over HTTP: list, count, show, redrive, drop ({@link file://../../docs/dead-letters.md}). JSON; errors as
 * problem JSON; redrive and drop answer with a report a line and end with the connection. No sockets are opened here.
 */
export function buildDeadLetterApi({ stream, token, audit }: DeadLetterApiDeps): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 64 * 1024, requestTimeout: 10_000, forceCloseConnections: true });
  const isAllowed = bearerCheck(token);
  const closing = new AbortController();
  let runs = 0;

  app.addHook('preClose', async () => closing.abort());
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (isAllowed(request.headers.authorization)) return;
    void reply.header('www-authenticate', 'Bearer');
    throw new ProblemError({ status: 401, title: 'Not allowed', detail: 'the bearer token is missing or wrong' });
  });
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new ProblemError({ status: 404, title: 'Not found', detail: 'there is no such path' })),
  );

  const webhookOf = async (params: unknown): Promise<string> => {
    const { namespace, name } = parse('path', WebhookPath, params);
    if (await isKnown(stream, namespace, name)) return webhookToken(namespace, name);
    const known = await knownWebhooks(stream);
    const there = known.length === 0 ? 'there is none' : `there is ${known.toSorted().join(', ')}`;
    const detail = `there is no IntercomWebhook ${namespace}/${name} here; ${there}`;
    throw new ProblemError({ status: 404, title: 'Not found', detail });
  };

  const letterOf = async (params: unknown): Promise<StoredLetter> => {
    const { sequence } = parse('path', LetterPath, params);
    const webhook = await webhookOf(params);
    const letter = await stream.read(sequence);
    if (letter !== null && readSubject(letter.subject).webhook === webhook) return letter;
    const detail = `there is no dead letter ${sequence}: redriven, dropped, expired, or another webhook's`;
    throw new ProblemError({ status: 404, title: 'Not found', detail });
  };

  app.get(PREFIX, async ({ params, query }) => {
    const { order, limit, cursor, ...filter } = parse('query', ListQuery, query);
    const webhook = await webhookOf(params);
    const { first, last } = await stream.bounds();
    const request = { webhook, filter, limit, from: first, through: last, signal: deadline() };
    return order === 'oldest'
      ? await pageForward(stream, { ...request, from: cursor ?? first })
      : await pageBackward(stream, { ...request, through: Math.min(last, (cursor ?? last + 1) - 1) });
  });

  app.get(`${PREFIX}/count`, async ({ params, query }) => {
    const filter = parse('query', Filter, query);
    const webhook = await webhookOf(params);
    const { last } = await stream.bounds();
    return countDeadLetters(stream, { webhook, filter, through: last, signal: deadline() });
  });

  app.get(`${PREFIX}/:sequence`, async ({ params }) => readEntry(await letterOf(params)));

  app.get(`${PREFIX}/:sequence/body`, async ({ params }, reply) => {
    const { sequence, body, subject } = await letterOf(params);
    audit.info({ webhook: readSubject(subject).webhook, sequence }, 'body of a dead letter shown');
    return reply.type('application/octet-stream').header('x-content-type-options', 'nosniff').send(Buffer.from(body));
  });

  app.post(`${PREFIX}/redrive`, async ({ params, body }, reply) => {
    const { ratePerSecond, ...selected } = parse('body', RedriveBody, body);
    const webhook = await webhookOf(params);
    const selection = selectionOf(selected);
    audit.info({ webhook, selection, ratePerSecond }, 'redrive begins');
    return sendReports(reply, (signal) => redrive(stream, { webhook, selection, ratePerSecond, signal }));
  });

  app.post(`${PREFIX}/drop`, async ({ params, body }, reply) => {
    const { why, ...selected } = parse('body', DropBody, body);
    const webhook = await webhookOf(params);
    const selection = selectionOf(selected);
    const onDropped = (sequence: number) => audit.info({ webhook, sequence, why }, 'dead letter dropped');
    return sendReports(reply, (signal) => drop(stream, { webhook, selection, signal, onDropped }));
  });

  return app;

  function sendReports(reply: FastifyReply, begin: (signal: AbortSignal) => AsyncGenerator<Report>): FastifyReply {
    if (runs >= MAX_RUNS) {
      const detail = `${MAX_RUNS} redrives and drops are going on already: wait for one to end`;
      throw new ProblemError({ status: 503, title: 'Busy', detail });
    }
    runs += 1;
    const gone = new AbortController();
    finished(reply.raw, () => {
      runs -= 1;
      gone.abort();
    });
    const reports = begin(AbortSignal.any([gone.signal, closing.signal]));
    return reply.type('application/x-ndjson').send(Readable.from(lines(reports)));
  }
}

async function* lines(reports: AsyncIterable<Report>): AsyncGenerator<string> {
  for await (const report of reports) yield `${JSON.stringify(report)}\n`;
}

/** @throws ProblemError that names the fields */
function parse<Schema extends z.ZodType>(place: string, schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(place, result.error);
}

const deadline = (): AbortSignal => AbortSignal.timeout(READ_DEADLINE_MS);

function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify({ type: 'about:blank', ...problem }));
}
