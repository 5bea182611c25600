import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { request } from 'undici';
import { LIMITS } from '#services/ingress/limits.ts';
import { closeServer, listen } from '#services/ingress/listen.ts';
import { createIngressMetrics, reportInFlight } from '#services/ingress/metrics.ts';
import { Observed } from '#services/ingress/observed/observed.ts';
import { createIngressServer, type ServerDeps } from '#services/ingress/server.ts';
import { type Broker, TOKEN } from '#test/support/broker.ts';
import { openStore } from './store.ts';

export const SECRET = 'the-client-secret';
export const PATH = '/intercom';
export const MAX_BODY_BYTES = 64 * 1024;

export const sign = (body: Buffer | string, secret = SECRET): string =>
  `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;

/** A notification as Intercom sends it, with fields replaced. */
export const notification = (changes: object = {}): string =>
  JSON.stringify({
    type: 'notification_event',
    app_id: 'abc12345',
    id: 'notif_1',
    topic: 'conversation.user.replied',
    delivery_attempts: 1,
    created_at: 1_700_000_000,
    data: { type: 'notification_event_data', item: { type: 'conversation', id: '42' } },
    ...changes,
  });

export interface Ingress {
  readonly port: number;
  readonly url: string;
  /** How often each outcome was answered, as the metrics count them: `stored 200`. */
  answers: () => Promise<Record<string, number>>;
  /** The value of a metric without labels, or with these. */
  metric: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>;
  /** Open at this moment. */
  connections: () => Promise<number>;
  close: () => Promise<void>;
}

export const observer = (): Observed =>
  new Observed({ namespace: 'crm', webhook: 'support', pod: 'ingress-0', nowMs: Date.now });

/** The ingress of this process on a real socket, in front of a real stream. */
export async function startIngress(broker: Broker, changes: Partial<ServerDeps> = {}): Promise<Ingress> {
  const opened = await openStore(broker.connection);
  const registry = new Registry();
  const metrics = createIngressMetrics(registry, () => opened.spool.stats());
  const { server, ...inFlight } = createIngressServer({
    webhook: TOKEN,
    path: PATH,
    topics: new Set(['conversation.user.replied']),
    workspaces: new Set(),
    maxBodyBytes: MAX_BODY_BYTES,
    limits: LIMITS,
    requestTimeoutMs: 10_000,
    deadLetterTtlMs: 3_600_000,
    maxStorableBytes: () => 4 * 1024 * 1024,
    secrets: () => [SECRET],
    store: opened.store,
    isDraining: () => false,
    nowMs: Date.now,
    metrics,
    observed: observer(),
    logger: pino({ level: 'silent' }),
    ...changes,
  });
  reportInFlight(registry, { ...inFlight, waitingBytes: () => opened.store.waitingBytes });
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    port,
    url: `http://127.0.0.1:${port}${PATH}`,
    answers: async () => {
      const { values } = await metrics.answers.get();
      return Object.fromEntries(values.map(({ labels, value }) => [`${labels.outcome} ${labels.code}`, value]));
    },
    metric: async (name, labels = {}) => {
      const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {};
      const matching = values.find((sample) =>
        Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      );
      return matching?.value ?? Number.NaN;
    },
    connections: () => promisify(server.getConnections.bind(server))(),
    close: async () => {
      await closeServer(server, 1_000);
      await opened.close();
    },
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends a body as Intercom does: signed, unless the headers say otherwise. A header of null is left out. */
export async function post(
  url: string,
  body: Buffer | string,
  headers: Readonly<Record<string, string | null>> = {},
): Promise<Answered> {
  const all = {
    'content-type': 'application/json',
    'user-agent': 'intercom-parrot-service-client/1.0',
    'x-hub-signature': sign(body),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const response = await request(url, { method: 'POST', headers: given, body });
  return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
}

/** A signed request as text, to be written to a connection by hand. */
export const rawPost = (body: string, headers: readonly string[] = []): string =>
  [
    `POST ${PATH} HTTP/1.1`,
    'Host: ingress',
    `X-Hub-Signature: ${sign(body)}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
