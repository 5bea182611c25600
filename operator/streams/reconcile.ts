import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { consumerObject, consumersOf, consumerTarget, outlivedAmong, ownedBy } from './consumers.ts';
import { converge, type Refusal, type Step, type Target } from './converge.ts';
import type { Desired, DesiredStream } from './desired.ts';
import type { Config } from './differences.ts';
import { orNull } from './not-found.ts';
import { MINIMUM_SERVER, serverIsSupported } from './server-version.ts';

export type StreamsOutcome =
  | { readonly kind: 'reconciled'; readonly changes: Changes }
  /** Nothing was touched. */
  | { readonly kind: 'unsupported-server'; readonly version: string; readonly message: string };

/** Names of objects, by what was done with them. */
export interface Changes {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  readonly deleted: readonly string[];
  readonly refused: readonly Refusal[];
}

const STREAM_FIXED = new Set(['storage', 'retention', 'max_consumers']);

/**
 * Brings the server to what is desired: creates, puts drift back, deletes the consumers of handlers that are gone.
 * A second run changes nothing. Streams are never deleted, and nothing of anybody else's is touched.
 * @throws what the client throws when the server cannot be reached in time
 */
export async function reconcileStreams(desired: Desired, connection: NatsConnection): Promise<StreamsOutcome> {
  const version = connection.info?.version ?? 'of unknown version';
  if (!serverIsSupported(version)) {
    const message = `nats-server ${version} is too old: ${MINIMUM_SERVER} or newer is needed, every server of the cluster`;
    return { kind: 'unsupported-server', version, message };
  }
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const done: Record<Step, string[]> = { created: [], updated: [], unchanged: [], refused: [] };
  const refused: Refusal[] = [];
  const bringAll = async (targets: readonly Target[]): Promise<void> => {
    for (const [i, result] of (await toTheEnd(targets.map(converge))).entries()) {
      done[result.step].push(targets[i]?.object ?? '');
      refused.push(...result.refused);
    }
  };
  const { stream, of: consumers } = desired.consumers;
  await bringAll(desired.streams.map((wanted) => streamTarget(manager, wanted)));
  const deleted: string[] = [];
  // Without a stream of ours there are no consumers to make or to remove.
  const own = desired.streams.find(({ name }) => name === stream);
  if (own !== undefined && !done.refused.includes(streamObject(stream))) {
    const all = await consumersOf(manager, stream);
    // Their stream has lost what it held, and its sequences begin again: so do they.
    const outlived = await outlivedAmong(manager, stream, ownedBy(own, all));
    for (const name of outlived) await manager.consumers.delete(stream, name);
    const present = all.filter(({ name }) => !outlived.has(name));
    const before = ownedBy(own, present);
    await bringAll(
      consumers.map((wanted) => {
        const isNewStream = done.created.includes(streamObject(stream)) || outlived.has(wanted.durable_name);
        const found = present.find(({ name }) => name === wanted.durable_name) ?? null;
        return consumerTarget(manager, stream, { wanted, found, before, isNewStream });
      }),
    );
    // Those that others were to take the place of stay until these are there.
    const isMissing = consumers.some(({ durable_name }) => done.refused.includes(consumerObject(durable_name)));
    const wanted = new Set(consumers.map(({ durable_name }) => durable_name));
    for (const { name } of isMissing ? [] : before) {
      if (wanted.has(name)) continue;
      await manager.consumers.delete(stream, name);
      deleted.push(consumerObject(name));
    }
  }
  const { created, updated, unchanged } = done;
  return { kind: 'reconciled', changes: { created, updated, unchanged, deleted, refused } };
}

/** All of them at once, and all of them to their end: nothing of a pass that failed is under way in the next. */
async function toTheEnd<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

const streamObject = (name: string): string => `stream ${name}`;

const streamTarget = (manager: JetStreamManager, wanted: DesiredStream): Target => ({
  object: streamObject(wanted.name),
  wanted: { ...wanted },
  fixed: STREAM_FIXED,
  find: () => orNull(async () => asConfig((await manager.streams.info(wanted.name)).config)),
  create: async (config) => asConfig((await manager.streams.add({ ...config, name: wanted.name })).config),
  update: async (config) => asConfig((await manager.streams.update(wanted.name, config)).config),
});

const asConfig = (config: object): Config => ({ ...config });
