import { createHash } from 'node:crypto';
import * as z from 'zod';
import { durationMs, json, port, urlsWithoutLogin, urlWithoutLogin, whole } from './env.ts';

/**
 * What the operator writes and the services parse: environments, ports, mounts, and the name of every stream, subject,
 * consumer, bucket and header. Each fact stands here once.
 */

/** Version of what is written into streams, claims and headers. A release reads its predecessor's. */
export const FORMAT_VERSION = 1;

// ---- pods ----------------------------------------------------------------------------------------------------------

/** Container ports. Health and metrics have their own, so that nothing of them is reachable from outside. */
export const PORTS = { webhook: 8080, inner: 9090, builtinHandler: 8080 } as const;

export const PATHS = { live: '/livez', ready: '/readyz', metrics: '/metrics', observed: '/observed' } as const;

/** Where secrets are mounted. Signing secrets are files named by their place in `spec.signing.secretKeyRefs`: 0, 1, 2. */
export const MOUNTS = {
  signing: '/var/run/intercom-operator/signing',
  handlerAuth: '/var/run/intercom-operator/handler-auth',
  nats: '/var/run/intercom-operator/nats',
  spool: '/var/lib/intercom-operator/spool',
} as const;

/** File in `MOUNTS.handlerAuth` holding the bearer token for an `http` handler. */
export const HANDLER_AUTH_FILE = 'token';

/** Keys of the Secret, and files in `MOUNTS.nats`: what a process logs in to NATS with, and who signed the servers' certificates. */
export const NATS_CREDS_FILE = 'user.creds';
export const NATS_CA_FILE = 'ca.crt';

/** The programs in our image, bundled; started as `node <path>` in its working directory. */
export const ENTRY_POINTS = {
  operator: 'operator.mjs',
  keys: 'keys.mjs',
  ingress: 'ingress.mjs',
  worker: 'worker.mjs',
  echo: 'handler-echo.mjs',
  noop: 'handler-noop.mjs',
  simulator: 'simulator.mjs',
} as const;

/** While draining the ingress still accepts for this long, because load balancers learn of it late. */
export const DRAIN_DELAY_MS = 5_000;

/** Two segments of the spool; less is taken for as much. */
export const MIN_SPOOL_BYTES = 32 * 1024 * 1024;

/**
 * How long a pod that ends goes on publishing what its spool holds. What is then left in an `Ephemeral` one is lost with
 * the pod. A `Persistent` one outlives it: there only what the broker takes at once is worth the wait.
 */
export const SPOOL_DRAIN_MS = { Ephemeral: 600_000, Persistent: 2_000 } as const;

/** How long a claim holds without being renewed. A worker that died is followed by another this much later. */
export const CLAIM_LEASE_MS = 10_000;

/** JetStream delivers again after this long without a sign of life; longer calls report progress meanwhile. */
export const ACK_WAIT_MS = 12_000;

// ---- environments --------------------------------------------------------------------------------------------------

const name = z.string().min(1).max(253);
const file = z.string().max(1024);

/** Known from the downward API, not from the ConfigMap. */
export const PodEnv = z.object({ POD_NAME: name.describe('Name of the pod.') });

const Common = {
  WEBHOOK_NAMESPACE: name.describe('Namespace of the resource.'),
  WEBHOOK_NAME: name.describe('Name of the resource.'),
  WEBHOOK_TOKEN: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .describe('Stands for the resource in every name in NATS; it follows from the two above.'),
  HOST: z.string().min(1).max(253).describe('Address to listen on.'),
  INNER_PORT: port().describe('Port of health, metrics and what was observed.'),
  NATS_URL: urlsWithoutLogin(/^(nats|tls)$/).describe('The servers of one cluster, separated by commas.'),
  NATS_CREDS_FILE: file.describe(
    "A file with a user's JWT and seed, replaced before it expires; empty = none is needed.",
  ),
  NATS_CA_FILE: file.describe(
    "PEM of who signed the NATS servers' certificates, read for each connection; empty = whom Node.js trusts.",
  ),
  DEAD_LETTER_TTL_MS: durationMs().describe('How long a dead letter is kept: `retention.deadLetters`.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .describe('Least severe of what is logged; that of the operator.'),
};

export const IngressSettings = z.object({
  ...Common,
  PORT: port().describe('Port that Intercom reaches.'),
  WEBHOOK_PATH: z
    .string()
    .startsWith('/')
    .max(1024)
    .describe('Path of the webhook URL, `endpoint.path`; everything else answers 404.'),
  TOPICS: json(z.array(z.string().max(512)).max(500)).describe('Topics that the resource declares, as JSON.'),
  WORKSPACES: json(z.array(z.string().max(64)).max(1000)).describe(
    'Workspace ids that the resource lists, as JSON; none = any workspace.',
  ),
  MAX_BODY_BYTES: whole(1, 64 * 1024 * 1024).describe('Largest body accepted: `receiver.maxBodyBytes`.'),
  SIGNING_SECRETS_DIR: z
    .string()
    .min(1)
    .max(1024)
    .describe('Folder of the client secrets, a file each, named by its place in `signing.secretKeyRefs`.'),
  DRAIN_DELAY_MS: durationMs().describe('How long it still accepts when it is asked to end.'),
  SPOOL_DIR: z.string().min(1).max(1024).describe('Folder of the spool.'),
  SPOOL_STORAGE: z
    .enum(['Ephemeral', 'Persistent'])
    .describe('Whether what is in the spool outlives the pod: `receiver.spool.storage`.'),
  SPOOL_MAX_BYTES: whole(MIN_SPOOL_BYTES, Number.MAX_SAFE_INTEGER).describe(
    'How much may wait in the spool: `receiver.spool.size`.',
  ),
  EVENTS_RETENTION_MS: durationMs().describe('What has waited in the spool for longer is dropped: `retention.events`.'),
});
export const IngressEnv = IngressSettings.extend(PodEnv.shape);
export type IngressEnv = z.output<typeof IngressEnv>;

export const WorkerSettings = z.object({
  ...Common,
  HANDLER: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/)
    .describe('Name of the handler.'),
  HANDLER_URL: urlWithoutLogin(/^https?$/).describe(
    'Where calls go: the sidecar on loopback, or a service that runs already.',
  ),
  HANDLER_AUTH_FILE: file.describe('A file with a bearer token for the handler; empty = none.'),
  CONCURRENCY: whole(1, 1000).describe('Calls at the same time.'),
  ORDER_BY: z.enum(['Subject', 'None']).describe('What comes one after another: `handlers[].orderBy`.'),
  TIMEOUT_MS: durationMs().describe('For one call, its answer included: `handlers[].timeout`.'),
  RETRY_MAX_AGE_MS: durationMs().describe('`handlers[].retry.maxAge`.'),
  RETRY_MAX_ATTEMPTS: whole(1, 1000).describe('`handlers[].retry.maxAttempts`.'),
  RETRY_MIN_BACKOFF_MS: durationMs().describe('`handlers[].retry.minBackoff`.'),
  RETRY_MAX_BACKOFF_MS: durationMs().describe('`handlers[].retry.maxBackoff`.'),
  EVENTS_RETENTION_MS: durationMs().describe('No retry is waited for beyond it: `retention.events`.'),
  CLAIMS_RETENTION_MS: durationMs().describe('How long it is remembered what was handled: `retention.claims`.'),
  CLAIM_LEASE_MS: durationMs().describe('How long a claim holds without being renewed.'),
  WORKSPACE_REGIONS: json(z.record(z.string().max(64), z.enum(['US', 'EU', 'AU']))).describe(
    'Regions of the workspaces by id, as JSON, for `ce-source`.',
  ),
  REDIS_URL: z
    .union([z.literal(''), urlWithoutLogin(/^rediss?$/)], {
      error: 'must be empty, or a redis:// or rediss:// URL without user and password',
    })
    .describe('Claims live in this Redis; empty = in the JetStream key-value bucket.'),
});
export const WorkerEnv = WorkerSettings.extend(PodEnv.shape);
export type WorkerEnv = z.output<typeof WorkerEnv>;

/** What every handler container gets, ours or the user's: where to listen. */
export const HandlerEnv = z.object({
  HOST: name.describe('Address to listen on.'),
  PORT: port().describe('Port to listen on: `container.port`.'),
});
export type HandlerEnv = z.output<typeof HandlerEnv>;

// ---- names in NATS -------------------------------------------------------------------------------------------------

/**
 * A short, stable token for one IntercomWebhook: readable head, then 40 bits of a hash of namespace and name.
 * Valid as a subject token, stream name part and bucket name. At most 35 characters.
 */
export function webhookToken(namespace: string, webhook: string): string {
  const hash = createHash('sha256').update(`${namespace}/${webhook}`).digest('hex').slice(0, 10);
  const head = `${namespace}-${webhook}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 24);
  return `${head}-${hash}`;
}

/** Streams. Events: one per webhook. Dead letters and effects: one each per account, messages expire by `Nats-TTL`. */
export const STREAMS = {
  events: (webhook: string) => `icw_events_${webhook}`,
  deadLetters: 'icw_dead_letters',
  effects: 'icw_effects',
} as const;

/** Notifications are spread over slots by their key, so that a consumer can take a fixed share of the keys. */
export const SLOTS = 64;

export const slotToken = (slot: number): string => String(slot).padStart(2, '0');

/** Stands where a handler's name would, in dead letters that the ingress wrote. No handler can have this name. */
export const NO_HANDLER = '_ingress';

/** Subjects; topics come in as {@link file://./topic.ts encodeTopic} made them. */
export const SUBJECTS = {
  notification: (webhook: string, slot: string, topic: string) => `icw.${webhook}.n.${slot}.${topic}`,
  /** Every slot of one topic. */
  topic: (webhook: string, topic: string) => `icw.${webhook}.n.*.${topic}`,
  allNotifications: (webhook: string) => `icw.${webhook}.n.>`,
  /** A dead letter that one handler, and no other, is to get once more. */
  redriven: (webhook: string, handler: string, slot: string, topic: string) =>
    `icw.${webhook}.r.${handler}.${slot}.${topic}`,
  redrivenInSlot: (webhook: string, handler: string, slot: string) => `icw.${webhook}.r.${handler}.${slot}.>`,
  redrivenTo: (webhook: string, handler: string) => `icw.${webhook}.r.${handler}.>`,
  allRedriven: (webhook: string) => `icw.${webhook}.r.>`,
  /** Where the workers of an ordered handler hear of each other. Nothing of it is stored. */
  heartbeat: (webhook: string, handler: string) => `icw.${webhook}.hb.${handler}`,
  deadLetter: (webhook: string, handler: string, topic: string) => `icw.${webhook}.dlq.${handler}.${topic}`,
  deadLettersOfWebhook: (webhook: string) => `icw.${webhook}.dlq.>`,
  deadLettersOf: (webhook: string, handler: string) => `icw.${webhook}.dlq.${handler}.>`,
  allDeadLetters: 'icw.*.dlq.>',
  effect: (webhook: string, handler: string, digest: string, index: number) =>
    `icw.${webhook}.fx.${handler}.${digest}.${index}`,
  effectsOfWebhook: (webhook: string) => `icw.${webhook}.fx.>`,
  effectsOf: (webhook: string, handler: string) => `icw.${webhook}.fx.${handler}.>`,
  allEffects: 'icw.*.fx.>',
  /** Keys begin with the handler: `services/worker/claims/key.ts`. */
  claimsOf: (webhook: string, handler: string) => `$KV.${BUCKETS.claims(webhook)}.${handler}.>`,
} as const;

/**
 * What the inboxes of a process begin with. With credentials of its own it may listen there and nowhere else, so nobody
 * hears the answers meant for another.
 */
export const INBOXES = {
  ingress: (webhook: string) => `_INBOX_${webhook}.ingress`,
  worker: (webhook: string, handler: string) => `_INBOX_${webhook}.worker.${handler}`,
  operator: '_INBOX_operator',
} as const;

/** Durable consumers on a webhook's events stream. No handler's name holds an underscore. */
export const CONSUMERS = {
  unordered: (handler: string) => handler,
  ordered: (handler: string, partition: number) => `${handler}_${partition}`,
} as const;

/** An ordered handler has so many consumers, each for its share of the slots; fixed when they are created. */
export const PARTITIONS = 4;

/** Whoever pulls from an ordered consumer does so as a member of this group. */
export const PIN_GROUP = 'worker';

export const slotsOf = (partition: number): string[] =>
  Array.from({ length: SLOTS / PARTITIONS }, (_, i) => slotToken(partition + i * PARTITIONS));

/** Key-value buckets, and what Redis keys begin with. */
export const BUCKETS = { claims: (webhook: string) => `icw_claims_${webhook}` } as const;
export const REDIS_PREFIX = { claims: (webhook: string) => `icw:${webhook}:claim:` } as const;

/** Headers of a stored notification; values are written by `encodeHeader`. */
export const HEADERS = {
  version: 'Icw-Version',
  topic: 'Icw-Topic',
  id: 'Icw-Id',
  appId: 'Icw-App-Id',
  key: 'Icw-Key',
  createdAt: 'Icw-Created-At',
  receivedAt: 'Icw-Received-At',
  deliveryAttempts: 'Icw-Delivery-Attempts',
  contacts: 'Icw-Contacts',
  conversations: 'Icw-Conversations',
  /** Which dead letter it was, where it has been redriven: `<its sequence>-<when it was stored, in ms>`. */
  redrive: 'Icw-Redrive',
} as const;

/** Headers that a dead letter has beside those of the notification. */
export const DEAD_LETTER_HEADERS = {
  reason: 'Icw-Dead-Reason',
  detail: 'Icw-Dead-Detail',
  handler: 'Icw-Dead-Handler',
  attempts: 'Icw-Dead-Attempts',
  firstAt: 'Icw-Dead-First-At',
  lastAt: 'Icw-Dead-Last-At',
  /** The handler's last answer: its beginning, without what looks personal. */
  answer: 'Icw-Dead-Answer',
} as const;

/** Metadata of streams and consumers: whose they are. */
export const METADATA = {
  cluster: 'intercom-operator.io/cluster',
  uid: 'intercom-operator.io/uid',
  webhook: 'intercom-operator.io/webhook',
  /** Of a consumer: whose messages it brings. */
  handler: 'intercom-operator.io/handler',
  /** Of a consumer that took the place of others: the sequence it went on from. */
  continues: 'intercom-operator.io/continues',
  /** Of a consumer: {@link TopicsSince}. */
  topicsSince: 'intercom-operator.io/topics-since',
  formatVersion: 'intercom-operator.io/format-version',
} as const;

/**
 * Since when a consumer brings a topic, by topic, in ms since 1970 by the clock of the server. One that is declared later
 * begins then: to take over an ordered consumer has all sent again that lies above its ack floor, and that may be a week
 * back. Not by sequence: those begin again where a stream is made anew.
 */
export const TopicsSince = json(z.record(z.string().max(512), z.int().min(0)));

/** Largest NATS message is this much above the largest body: headers, and those a dead letter adds. */
export const HEADER_ALLOWANCE_BYTES = 64 * 1024;
