import { connect } from '@nats-io/transport-node';
import { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { resourceOf, SECRETS } from '#operator/children.ts';
import { systemClock } from '#operator/clock.ts';
import { stamped } from '#operator/drift.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { FIELD_MANAGER } from '#operator/kube/field-owners.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { render } from '#operator/render/render.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { createStreamsKeeper } from '#operator/streams/keeper.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { installCrd } from '#test/support/operator.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { createNamespaces, createOne, fleetWebhook, secretRefOf } from './operator-fleet.ts';

/** Resources that are worked on at once, and calls for one of them: as many as the operator and its client have together. */
const AT_ONCE = 24;
const CALLS_AT_ONCE = 4;
const TIMEOUT_MS = 300_000;
const STREAMS = { clusterId: 'bench', replicas: 1, sharedMaxBytes: 2 ** 30 };

/**
 * What this machine needs for the servers' part alone. A program that watches nothing, compares nothing and knows beforehand
 * what to send makes the same resources, objects, streams, consumers and statuses, of the same size but for names; no Events.
 * @param status of one resource as the operator wrote it
 * @returns seconds from the first call to the last answer
 */
export async function floorSeconds(size: number, status: unknown): Promise<number> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const server = await startKubeApiserver();
    closing.push(server.close);
    const nats = await startNatsServer();
    closing.push(nats.close, nats.kill);
    const access = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
    const clientOf = (fieldManager: string): Kube => {
      const kube = createKube({ connection: access, fieldManager, userAgent: fieldManager, random: Math.random });
      closing.push(async () => kube.close());
      return kube;
    };
    const [client, kube] = [clientOf('bench'), clientOf(FIELD_MANAGER)];
    const connection = await connect({ servers: nats.url });
    closing.push(() => connection.close());
    const keeper = createStreamsKeeper({ of: async () => ({ kind: 'connected', connection }) }, systemClock);
    await installCrd(client);
    await createNamespaces(client);
    const startMs = performance.now();
    const places = Array.from({ length: size }, (_, place) => place).values();
    await eachOf(places, AT_ONCE, async (place) => {
      const made = await createOne(client, place);
      await kube.get(SECRETS, secretRefOf(fleetWebhook(place).metadata), how());
      const webhook = IntercomWebhook.parse(fleetWebhook(place));
      const { uid, namespace = '' } = made.metadata;
      const state = await keeper.bring({ namespace, uid }, desiredStreams(webhook, { ...STREAMS, uid }));
      if (state.kind !== 'ready') throw new Error(`streams of ${made.metadata.name}: ${state.kind}`);
      await eachOf(render(webhook, renderFacts({ uid })).values(), CALLS_AT_ONCE, (object) =>
        kube.create(resourceOf(object), stamped(object), how()),
      );
      await writeStatus(kube, made, status);
    });
    return (performance.now() - startMs) / 1000;
  } finally {
    for (const one of closing.toReversed()) await one();
  }
}

async function writeStatus(kube: Kube, { metadata: { name, namespace = '' } }: KubeObject, status: unknown) {
  await kube.applyStatus(INTERCOM_WEBHOOKS, { metadata: { name, namespace }, status }, { ...how(), force: true });
}

async function eachOf<T>(items: IteratorObject<T>, atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const worker = async () => {
    for (const item of items) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const how = () => ({ signal: AbortSignal.timeout(TIMEOUT_MS), timeoutMs: 60_000 });
