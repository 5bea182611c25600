import { type ConsumerConfig, type ConsumerInfo, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { METADATA } from '#shared/contract.ts';
import type { Target } from './converge.ts';
import type { DesiredConsumer, DesiredStream } from './desired.ts';
import { type Config, hasSameOwner } from './differences.ts';
import { orNull } from './not-found.ts';
import { knowsTopics, withNewTopics } from './topics-since.ts';

const FIXED = new Set(['deliver_policy', 'ack_policy', 'replay_policy']);

/** Whosever they are. */
export async function consumersOf(manager: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const all: ConsumerInfo[] = [];
  for await (const info of manager.consumers.list(stream)) all.push(info);
  return all;
}

/** Those of the resource that the stream belongs to, whoever made the others on it. */
export const ownedBy = (stream: DesiredStream, all: readonly ConsumerInfo[]): ConsumerInfo[] =>
  all.filter(({ config }) => hasSameOwner({ ...stream }, { ...config }));

interface ConsumerWish {
  readonly wanted: DesiredConsumer;
  /** What has its name, as it was listed; null where nothing has. */
  readonly found: ConsumerInfo | null;
  readonly before: readonly ConsumerInfo[];
  /** Whether the stream was made a moment ago. */
  readonly isNewStream: boolean;
}

/**
 * Brings one consumer about. One that takes the place of others of its handler, as where `orderBy` was changed, goes on
 * where they are: from the first message that one of them has not done with. What others of them have is skipped by its
 * claim. In a stream that is as new as the consumer itself "from now on" is from its first message: publishers do not wait
 * for consumers.
 * @param before consumers of the resource as they were before anything was changed
 */
export function consumerTarget(
  manager: JetStreamManager,
  stream: string,
  { wanted, found, before, isNewStream }: ConsumerWish,
): Target {
  const name = wanted.durable_name;
  const info = async () => (await manager.consumers.info(stream, name)).config;
  const serverMs = async () => serverTimeMs(await manager.streams.info(stream));
  return {
    object: consumerObject(name),
    wanted: { ...wanted },
    fixed: FIXED,
    find: async () => {
      // A list leaves out what has no leader at the moment; in a stream that was just made there is nothing.
      const there = found === null && !isNewStream ? await orNull(info) : found?.config;
      return there === undefined || there === null ? null : shown(there, wanted);
    },
    create: async (config) => {
      const predecessors = before.filter(
        ({ config }) => config.metadata?.[METADATA.handler] === wanted.metadata[METADATA.handler],
      );
      const added = await manager.consumers.add(stream, {
        ...config,
        ...(isNewStream ? fromBirth(wanted) : await continuing(wanted, predecessors, serverMs)),
      });
      return shown(added.config, wanted);
    },
    update: async (config) => {
      // Where it begins cannot be changed; what was remembered with it stays.
      const { deliver_policy: _, ...changeable } = config;
      const { metadata: remembered = {} } = await info();
      const since = withNewTopics(wanted.metadata, remembered, await serverMs());
      const metadata = { ...remembered, ...wanted.metadata, ...since };
      return shown((await manager.consumers.update(stream, name, { ...changeable, metadata })).config, wanted);
    },
  };
}

/** What is as it has to be shows as it is wanted: where a consumer began depends on what there was when it was made. */
function shown({ metadata = {}, ...config }: ConsumerConfig, wanted: DesiredConsumer): Config {
  const since = wanted.metadata[METADATA.topicsSince] ?? '';
  return {
    ...config,
    ...startShown(metadata, wanted),
    metadata: knowsTopics(metadata, wanted.metadata) ? { ...metadata, [METADATA.topicsSince]: since } : metadata,
  };
}

function startShown({ [METADATA.continues]: continues }: Config, wanted: DesiredConsumer): Config {
  if (continues === undefined) return {};
  return { deliver_policy: continues === FROM_BIRTH ? DeliverPolicy.New : wanted.deliver_policy };
}

export const consumerObject = (name: string): string => `consumer ${name}`;

/** Where one begins that takes the place of others; nothing of that where the handler had none. */
async function continuing(
  { metadata }: DesiredConsumer,
  predecessors: readonly ConsumerInfo[],
  serverMs: () => Promise<number>,
): Promise<Partial<ConsumerConfig>> {
  const [first] = predecessors;
  if (first === undefined) return {};
  const from = Math.min(...predecessors.map(({ ack_floor }) => ack_floor.stream_seq)) + 1;
  const since = withNewTopics(metadata, first.config.metadata ?? {}, await serverMs());
  return {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    metadata: { ...metadata, ...since, [METADATA.continues]: String(from) },
  };
}

/** By the clock of the stream's leader, which answers and also says when each message was stored. */
function serverTimeMs(info: object): number {
  const ms = 'ts' in info ? Date.parse(String(info.ts)) : Number.NaN;
  return Number.isNaN(ms) ? Date.now() : ms;
}

/** Names of those that go on from a place that the stream has not reached: that was in a stream before this one. */
export async function outlivedAmong(
  manager: JetStreamManager,
  stream: string,
  own: readonly ConsumerInfo[],
): Promise<ReadonlySet<string>> {
  const placed = own.filter(({ config }) => continuesAt(config) > 0);
  if (placed.length === 0) return new Set();
  const { last_seq } = (await manager.streams.info(stream)).state;
  return new Set(placed.filter(({ config }) => continuesAt(config) > last_seq + 1).map(({ name }) => name));
}

const continuesAt = ({ metadata }: ConsumerConfig): number => Number(metadata?.[METADATA.continues] ?? 0);

/** What a consumer remembers that began with its stream: it is one of {@link DeliverPolicy.New}. */
const FROM_BIRTH = '0';

const fromBirth = ({ deliver_policy, metadata }: DesiredConsumer): Partial<ConsumerConfig> =>
  deliver_policy === DeliverPolicy.New
    ? {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: 1,
        metadata: { ...metadata, [METADATA.continues]: FROM_BIRTH },
      }
    : {};
