import type { Status } from '#operator/api/status.ts';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { childName } from '#operator/children.ts';
import { systemClock as clock } from '#operator/clock.ts';
import type { NatsAccess } from '#operator/credentials/access.ts';
import { createBrokers } from '#operator/credentials/brokers.ts';
import { gate } from '#operator/gate.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { endpointsOf } from '#operator/observe.ts';
import type { RenderFacts } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { createSecretReader, type SecretStates, secretKeys } from '#operator/secrets.ts';
import { computeStatus, NOT_PAUSED } from '#operator/status.ts';
import { desiredStreams, type StreamFacts } from '#operator/streams/desired.ts';
import { createStreamsKeeper } from '#operator/streams/keeper.ts';
import { isolationFinding } from '#operator/tenancy.ts';
import { loadOf, observationsOf } from './looks.ts';
import type { Secrets } from './manifests.ts';
import { workloadsOf } from './plan.ts';
import type { Pod } from './pod.ts';
import { hasLabels } from './service.ts';

/** What stands on this machine for what the operator would look at in a cluster. */
export interface Scene {
  readonly webhooks: readonly IntercomWebhook[];
  readonly factsOf: (webhook: IntercomWebhook) => RenderFacts & StreamFacts;
  readonly secrets: Secrets;
  readonly pods: readonly Pick<Pod, 'ready' | 'plan'>[];
  readonly natsUrls: readonly string[];
}

/** The local mode's nats-server lets everybody in. */
const ACCESS: NatsAccess = { kind: 'shared', creds: null };

/** The status that the operator would write now: it is the operator's own code that judges what is here. */
export async function localStatus(webhook: IntercomWebhook, scene: Scene, signal: AbortSignal): Promise<Status> {
  const facts = scene.factsOf(webhook);
  const object = asObject(webhook, facts.uid);
  const rivals = scene.webhooks
    .filter((other) => other !== webhook)
    .map((other) => asObject(other, scene.factsOf(other).uid))
    .filter((other) => endpointsOf(other).some((endpoint) => endpointsOf(object).includes(endpoint)));
  const secrets = await secretStates(webhook, scene.secrets, signal);
  const brokers = createBrokers({
    servers: { urls: scene.natsUrls, caFile: '', name: 'local' },
    access: ACCESS,
    systemCreds: null,
    clock,
    nowMs: Date.now,
    onBack: () => undefined,
  });
  try {
    const of = { namespace: webhook.metadata.namespace, uid: facts.uid };
    const streams = await createStreamsKeeper(brokers, clock).bring(of, desiredStreams(webhook, facts));
    const { findings, blocked } = gate({ webhook, object, rivals, secrets, streams });
    const results = {
      object,
      webhook,
      findings: [...findings, isolationFinding(ACCESS), NOT_PAUSED],
      blocked,
      children: new Map(
        workloadsOf(render(webhook, facts)).map((each) => [childName(each), running(each, scene.pods)]),
      ),
      hasGatewayApi: false,
      unapplied: [],
      users: { kind: 'done' } as const,
      load: streams.kind === 'away' ? null : await loadOf(webhook, brokers, signal),
      observations: await observationsOf(webhook, scene.pods, signal),
    };
    return computeStatus(results, new Date());
  } finally {
    await brokers.close();
  }
}

const asObject = ({ metadata, ...webhook }: IntercomWebhook, uid: string): KubeObject => ({
  ...webhook,
  metadata: { ...metadata, uid, resourceVersion: 'local' },
});

/** A workload with the status that its controller would give it. */
function running(workload: ReturnType<typeof workloadsOf>[number], pods: Scene['pods']): KubeObject {
  const selector = workload.spec?.selector.matchLabels ?? {};
  const ready = pods.filter((pod) => pod.ready && hasLabels(pod.plan.labels, selector)).length;
  const { apiVersion = '', kind = '', metadata, spec } = workload;
  return {
    apiVersion,
    kind,
    metadata: { name: metadata?.name ?? '', uid: 'local', resourceVersion: 'local' },
    spec,
    status: { readyReplicas: ready, availableReplicas: ready },
  };
}

/** By the operator's own reader, which has the file in the place of the API server. */
function secretStates(webhook: IntercomWebhook, secrets: Secrets, signal: AbortSignal): Promise<SecretStates> {
  const { namespace } = webhook.metadata;
  const get = async (_: unknown, { name }: { name: string }): Promise<KubeObject | null> => {
    const data = secrets.get(`${namespace}/${name}`);
    const metadata = { name, namespace, uid: 'local', resourceVersion: 'local' };
    return data === undefined ? null : { apiVersion: 'v1', kind: 'Secret', metadata, data };
  };
  const reader = createSecretReader({ kube: { get }, clock, random: Math.random });
  return reader.read(namespace, secretKeys(webhook), signal);
}
