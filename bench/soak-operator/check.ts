import { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { childName } from '#operator/children.ts';
import { contains, stamped } from '#operator/drift.ts';
import { FINALIZER } from '#operator/finalize.ts';
import { conditionsOf } from '#operator/intercom-webhooks.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { isControlledBy } from '#operator/owner-references.ts';
import { render } from '#operator/render/render.ts';
import { type Desired, desiredStreams } from '#operator/streams/desired.ts';
import { differences } from '#operator/streams/differences.ts';
import { BUCKETS, STREAMS, webhookToken } from '#shared/contract.ts';
import type { Asked } from './changes.ts';
import type { Found, StreamFound } from './gather.ts';
import { IMAGE, NAMESPACE, SHARED_BYTES } from './installation.ts';

/** What is not as it was asked for, a sentence each. */
export interface Faults {
  readonly resources: readonly string[];
  readonly children: readonly string[];
  readonly streams: readonly string[];
  readonly statuses: readonly string[];
}

/** Compares what there is with what was asked for. Pure. */
export function check(found: Found, { wanted, retained }: Asked, natsUrl: string): Faults {
  const names = new Set(found.webhooks.map(({ metadata }) => metadata.name));
  const missing = Array.from(wanted.keys()).filter((name) => !names.has(name));
  const surplus = Array.from(names).filter((name) => !wanted.has(name));
  const living = found.webhooks.flatMap((object) => {
    const planned = wanted.get(object.metadata.name);
    if (planned === undefined) return [];
    // As the API server keeps it, defaults filled in.
    const { status: _, ...declared } = object;
    return [{ object, webhook: IntercomWebhook.parse(declared) }];
  });
  return {
    resources: [
      ...missing.map((name) => `${name} is not there`),
      ...surplus.map((name) => `${name} is there although it was deleted`),
      ...living.flatMap(finalizerFaults),
    ],
    children: [...living.flatMap((each) => childFaults(each, found, natsUrl)), ...strays(found)],
    streams: [...living.flatMap((each) => streamFaults(each, found)), ...leftOver(found, [...names, ...retained])],
    statuses: living.flatMap(statusFaults),
  };
}

interface Living {
  readonly object: KubeObject;
  readonly webhook: IntercomWebhook;
}

function finalizerFaults({ object, webhook }: Living): string[] {
  const finalizers: unknown = object.metadata['finalizers'] ?? [];
  const has = Array.isArray(finalizers) && finalizers.includes(FINALIZER);
  const needs = webhook.spec.deletionPolicy === 'Delete';
  return has === needs ? [] : [`${object.metadata.name} ${has ? 'has a finalizer' : 'has no finalizer'}`];
}

/** Just what is rendered, each with all that is rendered in it. */
function childFaults({ object, webhook }: Living, { children }: Found, natsUrl: string): string[] {
  const { uid, name } = object.metadata;
  const facts = { uid, image: IMAGE, natsUrls: [natsUrl], logLevel: 'info' } as const;
  const rendered = new Map(render(webhook, facts).map((each) => [childName(each), stamped(each)]));
  const own = new Map(
    children.filter((child) => isControlledBy(child, uid)).map((child) => [childName(child), child] as const),
  );
  return [
    ...Array.from(rendered, ([child, desired]) => {
      const there = own.get(child);
      if (there === undefined) return `${name}: ${child} is not there`;
      return contains(there, desired) ? null : `${name}: ${child} is not as it is rendered`;
    }).filter((fault) => fault !== null),
    ...[...own.keys()].filter((child) => !rendered.has(child)).map((child) => `${name}: ${child} is not rendered`),
  ];
}

function strays({ webhooks, children }: Found): string[] {
  return children
    .filter((child) => !webhooks.some(({ metadata }) => isControlledBy(child, metadata.uid)))
    .map((child) => `${childName(child)} has lost its owner`);
}

function streamFaults({ object, webhook }: Living, { streams, clusterId }: Found): string[] {
  const { uid, name } = object.metadata;
  const desired: Desired = desiredStreams(webhook, {
    clusterId,
    uid,
    replicas: 1,
    sharedMaxBytes: SHARED_BYTES,
  });
  const byName = new Map(streams.map((stream) => [stream.config.name, stream]));
  const wrong = desired.streams.flatMap((wanted) => {
    const there = byName.get(wanted.name);
    if (there === undefined) return [`${name}: stream ${wanted.name} is not there`];
    return differences({ ...wanted }, { ...there.config }).map((field) => `${name}: stream ${wanted.name}: ${field}`);
  });
  return [...wrong, ...consumerFaults(name, desired.consumers, byName.get(desired.consumers.stream))];
}

function consumerFaults(name: string, { of }: Desired['consumers'], stream: StreamFound | undefined): string[] {
  const found = new Map(stream?.consumers.map((consumer) => [consumer.durable_name ?? '', consumer]));
  const wanted = new Set(of.map(({ durable_name }) => durable_name));
  return [
    ...of.flatMap(({ durable_name, filter_subjects, ack_wait, max_ack_pending }) => {
      const there = found.get(durable_name);
      if (there === undefined) return [`${name}: consumer ${durable_name} is not there`];
      // A filter that is alone goes by another field.
      const filters = there.filter_subjects ?? [there.filter_subject];
      const fields = differences(
        { filter_subjects, ack_wait, max_ack_pending },
        { ...there, filter_subjects: filters },
      );
      return fields.map((field) => `${name}: consumer ${durable_name}: ${field}`);
    }),
    ...[...found.keys()].filter((each) => !wanted.has(each)).map((each) => `${name}: consumer ${each} is not wanted`),
  ];
}

/** @param names of those who may have streams */
function leftOver({ streams }: Found, names: readonly string[]): string[] {
  const tokens = names.map((name) => webhookToken(NAMESPACE, name));
  const allowed = new Set<string>([
    STREAMS.deadLetters,
    STREAMS.effects,
    ...tokens.flatMap((token) => [STREAMS.events(token), `KV_${BUCKETS.claims(token)}`]),
  ]);
  return streams.filter(({ config }) => !allowed.has(config.name)).map(({ config }) => `${config.name} is left over`);
}

/** By type. That no pod runs here makes the others False. */
const EXPECTED = { Accepted: 'True', SecretsResolved: 'True', StreamsReady: 'True', NotPaused: 'True', Ready: 'False' };

function statusFaults({ object, webhook }: Living): string[] {
  const { name, generation } = object.metadata;
  const status = (object['status'] ?? {}) as { observedGeneration?: number; handlers?: readonly { name: string }[] };
  const conditions = conditionsOf(object);
  const wrong = Object.entries(EXPECTED).flatMap(([type, expected]) => {
    const found = conditions.find((condition) => condition.type === type);
    if (found?.status === expected && found.observedGeneration === generation) return [];
    return [`${name}: ${type} is ${found?.status}, ${found?.reason} of generation ${found?.observedGeneration}`];
  });
  const handlers = status.handlers?.map((handler) => handler.name).join();
  return [
    ...wrong,
    ...(status.observedGeneration === generation ? [] : [`${name}: the status is of another generation`]),
    ...(handlers === webhook.spec.handlers.map((handler) => handler.name).join() ? [] : [`${name}: other handlers`]),
  ];
}
