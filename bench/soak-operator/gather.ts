import { type ConsumerInfo, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { WATCHED } from '#operator/children.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { type KubeObject, NAMESPACES } from '#operator/kube/resource.ts';
import { MANAGED } from '#operator/render/meta.ts';
import type { Installation } from './installation.ts';
import { listed } from './listed.ts';

/** All that there is, as read one after the other: of one moment only where nothing changes. */
export interface Found {
  readonly webhooks: readonly KubeObject[];
  readonly children: readonly KubeObject[];
  readonly streams: readonly StreamFound[];
  /** By which the operator knows its cluster. */
  readonly clusterId: string;
}

export interface StreamFound {
  readonly config: StreamConfig;
  readonly consumers: readonly ConsumerInfo['config'][];
}

export async function gather({ kube, withNats }: Installation): Promise<Found> {
  const webhooks = await listed(kube, INTERCOM_WEBHOOKS);
  const children: KubeObject[] = [];
  for (const resource of WATCHED) children.push(...(await listed(kube, resource, MANAGED)));
  const system = await kube.get(NAMESPACES, { name: 'kube-system' }, { signal: AbortSignal.timeout(10_000) });
  return { webhooks, children, streams: await withNats(streamsOf), clusterId: system?.metadata.uid ?? '' };
}

async function streamsOf(connection: Parameters<typeof jetstreamManager>[0]): Promise<StreamFound[]> {
  const manager = await jetstreamManager(connection);
  const found: StreamFound[] = [];
  for await (const { config } of manager.streams.list()) {
    const consumers: ConsumerInfo['config'][] = [];
    for await (const consumer of manager.consumers.list(config.name)) consumers.push(consumer.config);
    found.push({ config, consumers });
  }
  return found;
}
