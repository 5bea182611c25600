import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { FastifyInstance } from 'fastify';
import { buildDeadLetterApi } from '#operator/dead-letters/api.ts';
import { DeadLetterEntry } from '#operator/dead-letters/entry.ts';
import { Report } from '#operator/dead-letters/run.ts';
import { type DeadLetterStream, openDeadLetterStream } from '#operator/dead-letters/stream.ts';
import { DEAD_LETTER_HEADERS, FORMAT_VERSION, HEADERS, NO_HANDLER, SUBJECTS } from '#shared/contract.ts';
import { seal } from '#shared/envelope.ts';
import { encodeHeader } from '#shared/header.ts';
import { readNotification } from '#shared/notification.ts';
import { encodeTopic } from '#shared/topic.ts';
import { type Broker, TOKEN } from '#test/support/broker.ts';

export const API_TOKEN = 'token-of-the-test';
export const TOPIC = 'conversation.user.replied';
const PATH = '/v1/webhooks/crm/support/dead-letters';

export interface LetterSpec {
  readonly id: string;
  readonly handler?: string;
  readonly reason?: string;
  readonly topic?: string;
  readonly body?: string;
  readonly webhook?: string;
  /** The conversation that it is about; its own where nothing is said. */
  readonly conversation?: string;
}

export const bodyOf = (id: string, topic = TOPIC, conversation = `cv-${id}`): string =>
  JSON.stringify({
    app_id: 'abc12345',
    id,
    topic,
    created_at: 1_700_000_000,
    data: {
      item: { type: 'conversation', id: conversation, contacts: { contacts: [{ type: 'contact', id: 'ct-1' }] } },
    },
  });

/** Stores a dead letter as the worker does. @returns its sequence */
export async function bury(broker: Broker, spec: LetterSpec): Promise<number> {
  const { id, handler = 'support', reason = 'Refused', topic = TOPIC, webhook = TOKEN } = spec;
  const body = Buffer.from(spec.body ?? bodyOf(id, topic, spec.conversation));
  const reading = readNotification(body);
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  const hdrs = seal(webhook, reading.notification, 1_700_000_000_500).headers;
  hdrs.delete('Nats-Msg-Id');
  hdrs.set(DEAD_LETTER_HEADERS.reason, reason);
  hdrs.set(DEAD_LETTER_HEADERS.detail, encodeHeader('HTTP 422'));
  hdrs.set(DEAD_LETTER_HEADERS.handler, handler);
  hdrs.set(DEAD_LETTER_HEADERS.attempts, '3');
  hdrs.set(DEAD_LETTER_HEADERS.firstAt, '1700000001000');
  hdrs.set(DEAD_LETTER_HEADERS.lastAt, '1700000002000');
  hdrs.set(DEAD_LETTER_HEADERS.answer, encodeHeader('no such ticket'));
  const subject = SUBJECTS.deadLetter(webhook, handler, encodeTopic(topic));
  const { seq } = await jetstream(broker.connection).publish(subject, body, { headers: hdrs, ttl: '3600s' });
  return seq;
}

/** So many, one after the other, named `<prefix>0`, `<prefix>1` … @returns their sequences */
export async function buryMany(broker: Broker, count: number, prefix = 'n', spec: Partial<LetterSpec> = {}) {
  const sequences: number[] = [];
  for (let i = 0; i < count; ) {
    const group = Array.from({ length: Math.min(500, count - i) }, (_, k) => `${prefix}${i + k}`);
    sequences.push(...(await Promise.all(group.map((id) => bury(broker, { ...spec, id })))));
    i += group.length;
  }
  return sequences;
}

/** What the ingress keeps of a signed request that it cannot read. */
export async function buryUnreadable(broker: Broker): Promise<number> {
  const hdrs = headers();
  hdrs.set(HEADERS.version, String(FORMAT_VERSION));
  hdrs.set(HEADERS.receivedAt, '1700000000500');
  hdrs.set(DEAD_LETTER_HEADERS.reason, 'Unreadable');
  hdrs.set(DEAD_LETTER_HEADERS.detail, 'NotJson');
  const subject = SUBJECTS.deadLetter(TOKEN, NO_HANDLER, 'unreadable');
  return (await jetstream(broker.connection).publish(subject, 'not JSON', { headers: hdrs, ttl: '3600s' })).seq;
}

export interface Api {
  readonly app: FastifyInstance;
  readonly stream: DeadLetterStream;
  /** What was written down. */
  readonly audit: { message: string; fields: Readonly<Record<string, unknown>> }[];
  get: (path: string, query?: string) => Promise<{ status: number; json: unknown; raw: Buffer }>;
  list: (query?: string) => Promise<{ items: DeadLetterEntry[]; next: number | null }>;
  /** Redrives or drops. @returns every report */
  post: (verb: 'redrive' | 'drop', body: unknown) => Promise<Report[]>;
  refuse: (verb: 'redrive' | 'drop', body: unknown) => Promise<{ status: number; json: unknown }>;
}

/** The API, asked without sockets. */
export async function openApi(broker: Broker): Promise<Api> {
  const stream = await openDeadLetterStream(broker.connection);
  const audit: Api['audit'] = [];
  const app = buildDeadLetterApi({
    stream,
    token: API_TOKEN,
    audit: { info: (fields, message) => void audit.push({ message, fields }) },
  });
  const authorization = `Bearer ${API_TOKEN}`;
  const get: Api['get'] = async (path, query = '') => {
    const answer = await app.inject({ url: `${PATH}${path}${query}`, headers: { authorization } });
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, json: isJson ? answer.json<unknown>() : null, raw: answer.rawPayload };
  };
  const send = (verb: string, body: unknown) =>
    app.inject({ method: 'POST', url: `${PATH}/${verb}`, headers: { authorization }, payload: body as object });
  return {
    app,
    stream,
    audit,
    get,
    list: async (query = '') => {
      const { status, json } = await get('', query);
      if (status !== 200) throw new Error(JSON.stringify(json));
      const { items, next } = json as { items: unknown[]; next: number | null };
      return { items: items.map((item) => DeadLetterEntry.parse(item)), next };
    },
    post: async (verb, body) => {
      const answer = await send(verb, body);
      if (answer.statusCode !== 200) throw new Error(answer.body);
      return answer.body
        .trim()
        .split('\n')
        .map((line) => Report.parse(JSON.parse(line)));
    },
    refuse: async (verb, body) => {
      const answer = await send(verb, body);
      return { status: answer.statusCode, json: answer.json<unknown>() };
    },
  };
}

/** The last report, which says how it ended. */
export function endOf(reports: readonly Report[]): Extract<Report, { kind: 'ended' }> {
  const last = reports.at(-1);
  if (last?.kind !== 'ended') throw new Error(`no end: ${JSON.stringify(last)}`);
  return last;
}

/** Removes what a test has left, in every stream. */
export async function purgeAll({ manager }: Broker): Promise<void> {
  for await (const { config } of manager.streams.list()) await manager.streams.purge(config.name);
}
