import { type ConsumerConfig, type ConsumerInfo, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { METADATA } from '#shared/contract.ts';
import type { Target } from './converge.ts';
import type { DesiredConsumer, DesiredStream } from './desired.ts';
import { type Config, hasSameOwner } from './differences.ts';
import { orNull } from './not-found.ts';
import { knowsTopics, withNewTopics } from './topics-since.ts';

const FIXED = new Set(['deliver_policy', 'ack_policy', 'replay_policy']);

/** The consumers of the resource that are there, whoever made the others on its stream. */
export async function ownConsumers(manager: JetStreamManager, stream: DesiredStream): Promise<ConsumerInfo[]> {
  const own: ConsumerInfo[] = [];
  for await (const info of manager.consumers.list(stream.name)) {
    if (hasSameOwner({ ...stream }, { ...info.config })) own.push(info);
  }
  return own;
}

interface ConsumerWish {
  readonly wanted: DesiredConsumer;
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
  { wanted, before, isNewStream }: ConsumerWish,
): Target {
  const name = wanted.durable_name;
  const info = async () => (await manager.consumers.info(stream, name)).config;
  const serverMs = async () => serverTimeMs(await manager.streams.info(stream));
  return {
    object: consumerObject(name),
    wanted: { ...wanted },
    fixed: FIXED,
    find: () => orNull(async () => shown(await info(), wanted)),
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

/** Whether it goes on from a place that the stream has not reached: that was in a stream before this one. */
export const hasOutlivedItsStream = ({ config }: ConsumerInfo, lastSeq: number): boolean =>
  Number(config.metadata?.[METADATA.continues] ?? 0) > lastSeq + 1;

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
