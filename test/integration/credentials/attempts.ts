import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { BUCKETS, INBOXES, PARTITIONS, STREAMS } from '#shared/contract.ts';
import { until } from '#test/support/until.ts';

/** What somebody might try, by subjects. */
export interface Attempts {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const consumerCalls = (stream: string, consumer: string): string[] => [
  ...['MSG.NEXT', 'INFO', 'DELETE', 'PAUSE', 'RESET', 'UNPIN', 'CREATE', 'DURABLE.CREATE'].map(
    (call) => `$JS.API.CONSUMER.${call}.${stream}.${consumer}`,
  ),
  `$JS.API.CONSUMER.LEADER.STEPDOWN.${stream}.${consumer}`,
  `$JS.ACK.${stream}.${consumer}.1.1.1.1700000000000000000.0`,
  `$JS.ACK._.abcdefgh.${stream}.${consumer}.1.1.1.1700000000000000000.0`,
];

const streamCalls = (stream: string): string[] => [
  ...[
    'STREAM.INFO',
    'STREAM.CREATE',
    'STREAM.UPDATE',
    'STREAM.DELETE',
    'STREAM.PURGE',
    'STREAM.MSG.GET',
    'STREAM.MSG.DELETE',
    'STREAM.SNAPSHOT',
    'STREAM.RESTORE',
    'STREAM.LEADER.STEPDOWN',
    'CONSUMER.CREATE',
    'CONSUMER.LIST',
    'CONSUMER.NAMES',
  ].map((call) => `$JS.API.${call}.${stream}`),
  `$JS.API.CONSUMER.CREATE.${stream}.new.icw.>`,
];

const directGets = (stream: string, subject: string): string[] => [
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.${subject}`,
];

/** Of one handler: its consumers of either kind, and what its worker writes. */
export function handlerOf(webhook: string, handler: string): Attempts {
  const stream = STREAMS.events(webhook);
  const consumers = [handler, ...Array.from({ length: PARTITIONS }, (_, i) => `${handler}_${i}`)];
  const bucket = BUCKETS.claims(webhook);
  const key = `$KV.${bucket}.${handler}.AAAAAAAAAAAAAAAAAAAAAA`;
  const effect = `icw.${webhook}.fx.${handler}.digest.0`;
  const letter = `icw.${webhook}.dlq.${handler}.conversation.user.replied`;
  return {
    publish: [
      ...consumers.flatMap((consumer) => consumerCalls(stream, consumer)),
      key,
      ...directGets(`KV_${bucket}`, key),
      effect,
      ...directGets(STREAMS.effects, effect),
      letter,
      ...directGets(STREAMS.deadLetters, letter),
      `icw.${webhook}.hb.${handler}`,
      `icw.${webhook}.r.${handler}.00.conversation.user.replied`,
    ],
    subscribe: [
      `icw.${webhook}.hb.${handler}`,
      `icw.${webhook}.fx.${handler}.>`,
      `icw.${webhook}.dlq.${handler}.>`,
      `$KV.${bucket}.${handler}.>`,
      `${INBOXES.worker(webhook, handler)}.>`,
    ],
  };
}

/** Of a webhook as a whole, for everybody who is not its ingress. */
export function webhookOf(webhook: string): Attempts {
  const events = STREAMS.events(webhook);
  const notification = `icw.${webhook}.n.00.conversation.user.replied`;
  return {
    publish: [
      notification,
      `icw.${webhook}.dlq._ingress.unreadable`,
      ...streamCalls(events),
      ...streamCalls(`KV_${BUCKETS.claims(webhook)}`).filter((call) => !call.startsWith('$JS.API.STREAM.INFO')),
      `$JS.API.DIRECT.GET.${events}.${notification}`,
    ],
    subscribe: [
      `icw.${webhook}.>`,
      `icw.${webhook}.n.>`,
      `$KV.${BUCKETS.claims(webhook)}.>`,
      `${INBOXES.ingress(webhook)}.>`,
    ],
  };
}

/** Of what a webhook has alone, where only those who belong to it may ask at all. */
export const insideOf = (webhook: string): Attempts => ({
  publish: [`$JS.API.DIRECT.GET.${STREAMS.events(webhook)}`, `$JS.API.STREAM.INFO.KV_${BUCKETS.claims(webhook)}`],
  subscribe: [],
});

/** Of nobody in particular. */
export const ANYTHING: Attempts = {
  publish: [
    '$JS.API.INFO',
    '$JS.API.STREAM.LIST',
    '$JS.API.STREAM.NAMES',
    '$JS.API.ACCOUNT.PURGE.A',
    '$SYS.REQ.CLAIMS.UPDATE',
    '$SYS.REQ.USER.INFO',
    'icw.new',
    ...streamCalls(STREAMS.deadLetters),
    ...streamCalls(STREAMS.effects),
  ],
  subscribe: ['>', 'icw.>', '_INBOX.>', '_INBOX_operator.>', '$JS.>', '$JS.API.>', '$JS.ACK.>', '$KV.>', '$SYS.>', '*'],
};

export const all = (...attempts: readonly Attempts[]): Attempts => ({
  publish: attempts.flatMap(({ publish }) => publish),
  subscribe: attempts.flatMap(({ subscribe }) => subscribe),
});

/** Tries everything. @returns what the server did not refuse */
export async function notRefused(connection: NatsConnection, { publish, subscribe }: Attempts): Promise<string[]> {
  const left = new Set([
    ...publish.map((subject) => `publish ${subject}`),
    ...subscribe.map((subject) => `subscription ${subject}`),
  ]);
  const ending = new AbortController();
  const refusals = (async () => {
    for await (const status of connection.status()) {
      if (ending.signal.aborted) return;
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue;
      left.delete(`${status.error.operation} ${status.error.subject}`);
    }
  })();
  for (const subject of publish) connection.publish(subject, '{}');
  const subscriptions = subscribe.map((subject) => connection.subscribe(subject, { callback: () => undefined }));
  // The refusals of all come before the answer to this.
  await connection.flush();
  await until(() => left.size === 0, { describe: 'refusals', timeoutMs: 300 }).catch(() => undefined);
  ending.abort();
  for (const subscription of subscriptions) if (!subscription.isClosed()) subscription.unsubscribe();
  void refusals;
  return [...left];
}
