import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import {
  ACK_WAIT_MS,
  BUCKETS,
  CONSUMERS,
  FORMAT_VERSION,
  METADATA,
  PARTITIONS,
  PIN_GROUP,
  STREAMS,
  SUBJECTS,
  slotsOf,
  webhookToken,
} from '#shared/contract.ts';
import { parseBytes } from '../api/byte-size.ts';
import { parseDurationMs } from '../api/duration.ts';
import type { Handler } from '../api/spec-handler.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { fromTheStart } from './topics-since.ts';

/** What a webhook needs in NATS, as the configurations to send to the server. */

export interface StreamFacts {
  /** Of the cluster that the operator runs in: two clusters may share one NATS. */
  readonly clusterId: string;
  /** UID of the resource. */
  readonly uid: string;
  /** Copies of each stream: 1 or 3. */
  readonly replicas: number;
  /** Room for the dead letters of all webhooks of the account, and for their effects. */
  readonly sharedMaxBytes: number;
  /** Where it is given, claims live in Redis and there is no bucket for them. */
  readonly redisUrl?: string;
}

export interface DesiredStream extends Partial<StreamConfig> {
  readonly name: string;
  readonly metadata: Record<string, string>;
}

export interface DesiredConsumer extends Partial<ConsumerConfig> {
  readonly durable_name: string;
  readonly metadata: Record<string, string>;
}

export interface Desired {
  readonly streams: readonly DesiredStream[];
  /** The consumers of the events stream: these, and no others of this resource. */
  readonly consumers: { readonly stream: string; readonly of: readonly DesiredConsumer[] };
}

/** Intercom sends a notification again after one minute, once. */
const DUPLICATE_WINDOW_MS = 5 * 60_000;

/** Per webhook, handler and topic: one broken handler cannot take the room of the others. */
const DEAD_LETTERS_PER_SUBJECT = 100_000;

/** Consumers of a shared stream; the server's default of 1000 would end at as many webhooks. */
const SHARED_MAX_CONSUMERS = 5_000;

/** What one blocked conversation may pile up before its handler gets nothing more. */
const MAX_ACK_PENDING = 10_000;

/** Without order what waits for a retry waits at the server, some 100 bytes each, and blocks nobody until there are so many. */
const MAX_RETRIES_PENDING = 100_000;

export function desiredStreams(webhook: IntercomWebhook, facts: StreamFacts): Desired {
  const token = webhookToken(webhook.metadata.namespace, webhook.metadata.name);
  const owner = ownerOf(webhook, facts);
  const own = { ...owned(facts), metadata: owner };
  const claims = facts.redisUrl === undefined ? [claimsBucket(webhook, token, own)] : [];
  return {
    streams: [events(webhook, token, own), deadLetters(facts), effects(facts), ...claims],
    consumers: {
      stream: STREAMS.events(token),
      of: webhook.spec.handlers.flatMap((handler) => consumersOf(webhook, handler, owner)),
    },
  };
}

type Common = ReturnType<typeof owned>;

const clusterOf = (facts: StreamFacts): Record<string, string> => ({
  [METADATA.cluster]: facts.clusterId,
  [METADATA.formatVersion]: String(FORMAT_VERSION),
});

/** `discard: new` everywhere: nothing that was acknowledged is ever evicted for space. */
const owned = (facts: StreamFacts) => ({
  metadata: clusterOf(facts),
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  num_replicas: facts.replicas,
});

const ownerOf = ({ metadata }: IntercomWebhook, facts: StreamFacts): Record<string, string> => ({
  ...clusterOf(facts),
  [METADATA.uid]: facts.uid,
  [METADATA.webhook]: `${metadata.namespace}/${metadata.name}`,
});

function events({ spec }: IntercomWebhook, token: string, common: Common): DesiredStream {
  const retentionMs = parseDurationMs(spec.retention.events);
  return {
    ...common,
    name: STREAMS.events(token),
    subjects: [SUBJECTS.allNotifications(token), SUBJECTS.allRedriven(token)],
    max_age: nanos(retentionMs),
    max_bytes: parseBytes(spec.retention.maxBytes),
    // The server refuses a window that is longer than the retention.
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, retentionMs)),
    allow_direct: true,
    allow_batched: true,
  };
}

/** Dead letters expire by the `Nats-TTL` of each, for every webhook has its own retention. */
const deadLetters = (facts: StreamFacts): DesiredStream => ({
  ...owned(facts),
  name: STREAMS.deadLetters,
  subjects: [SUBJECTS.allDeadLetters],
  max_bytes: facts.sharedMaxBytes,
  max_msgs_per_subject: DEAD_LETTERS_PER_SUBJECT,
  discard_new_per_subject: true,
  max_consumers: SHARED_MAX_CONSUMERS,
  allow_direct: true,
  allow_msg_ttl: true,
});

/** One message per subject, a second is refused: no effect is stored twice. */
const effects = (facts: StreamFacts): DesiredStream => ({
  ...owned(facts),
  name: STREAMS.effects,
  subjects: [SUBJECTS.allEffects],
  max_bytes: facts.sharedMaxBytes,
  max_msgs_per_subject: 1,
  discard_new_per_subject: true,
  max_consumers: SHARED_MAX_CONSUMERS,
  allow_direct: true,
  allow_msg_ttl: true,
  // The effects of one answer are stored together or not at all.
  allow_atomic: true,
});

/** A key-value bucket is a stream with these settings. */
function claimsBucket({ spec }: IntercomWebhook, token: string, common: Common): DesiredStream {
  const bucket = BUCKETS.claims(token);
  return {
    ...common,
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    max_msgs_per_subject: 1,
    max_age: nanos(parseDurationMs(spec.retention.claims)),
    allow_direct: true,
    allow_rollup_hdrs: true,
  };
}

/**
 * The consumers of one handler. The server never gives up on a message: how often it was tried is in its claim, and the
 * worker makes it a dead letter.
 */
/** The consumers that a handler has. */
export function consumerNames({ name, orderBy }: Pick<Handler, 'name' | 'orderBy'>): string[] {
  switch (orderBy) {
    case 'None':
      return [CONSUMERS.unordered(name)];
    case 'Subject':
      return Array.from({ length: PARTITIONS }, (_, partition) => CONSUMERS.ordered(name, partition));
  }
}

function consumersOf(
  { metadata, spec }: IntercomWebhook,
  handler: Handler,
  owner: Record<string, string>,
): DesiredConsumer[] {
  const token = webhookToken(metadata.namespace, metadata.name);
  const topics = handler.topics.length === 0 ? spec.topics : handler.topics;
  const common = {
    metadata: { ...owner, [METADATA.handler]: handler.name, ...fromTheStart(topics) },
    deliver_policy: DELIVER_FROM[handler.startFrom],
    replay_policy: ReplayPolicy.Instant,
    ack_policy: AckPolicy.Explicit,
    max_deliver: -1,
    max_ack_pending: MAX_ACK_PENDING,
  };
  switch (handler.orderBy) {
    case 'None':
      return [
        {
          ...common,
          durable_name: CONSUMERS.unordered(handler.name),
          filter_subjects: [
            ...topics.map((topic) => SUBJECTS.topic(token, topic)),
            SUBJECTS.redrivenTo(token, handler.name),
          ],
          ack_wait: nanos(ACK_WAIT_MS),
          max_ack_pending: MAX_RETRIES_PENDING,
        },
      ];
    case 'Subject':
      return Array.from({ length: PARTITIONS }, (_, partition) => ({
        ...common,
        ...PINNED,
        durable_name: CONSUMERS.ordered(handler.name, partition),
        filter_subjects: slotsOf(partition).flatMap((slot) => [
          ...topics.map((topic) => SUBJECTS.notification(token, slot, topic)),
          SUBJECTS.redrivenInSlot(token, handler.name, slot),
        ]),
      }));
  }
}

/**
 * An ordered consumer serves one worker at a time. Nothing comes again by time: a worker that takes over has all sent
 * again that is not acknowledged. Nor does a pin end by time: only requests for messages would renew it, and a worker
 * whose calls take long makes none. Who takes over ends it.
 */
const PINNED = {
  ack_wait: nanos(24 * 3_600_000),
  priority_policy: 'pinned_client',
  priority_groups: [PIN_GROUP],
  priority_timeout: nanos(24 * 3_600_000),
} satisfies Partial<ConsumerConfig>;

const DELIVER_FROM = { Now: DeliverPolicy.New, Earliest: DeliverPolicy.All } as const;
