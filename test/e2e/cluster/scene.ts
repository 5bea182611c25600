import { randomBytes } from 'node:crypto';
import { type Call, type Kill } from '#cli/judge/judge.ts';
import { usualTopics } from '#services/simulator/catalogue.ts';
import type { Simulator } from '#services/simulator/simulator.ts';
import { until } from '#test/support/until.ts';
import { cluster, kubectl } from './facts.ts';
import { startIntercom } from './load.ts';
import { apply, isReady, type Pod, pods } from './objects.ts';
import { PASS_ON, type Recorder, startRecorder } from './recorder.ts';
import { wayIn } from './way-in.ts';

/** A team's namespace with one webhook that Intercom reaches from outside of the cluster. */

export const HANDLER = 'support';
const WEBHOOK = 'support';
const SECRET = 'intercom-support';
const APP = 'abc12345';

export interface Scene {
  readonly namespace: string;
  readonly url: string;
  readonly intercom: Simulator;
  readonly recorder: Recorder;
  readonly handler: string;
  readonly topics: typeof usualTopics;
  readonly calls: () => readonly Call[];
  /** Pods of the receiver, of the worker. */
  readonly receivers: () => Promise<Pod[]>;
  readonly workers: () => Promise<Pod[]>;
  readonly untilReady: () => Promise<void>;
  /** Merges into the spec, as `kubectl patch` does. */
  readonly patch: (spec: object) => Promise<void>;
  /** Lets Intercom sign with another secret. */
  readonly saveUrl: (secret: string) => Promise<void>;
  readonly secret: string;
  close(): Promise<void>;
}

/** Makes the namespace, applies the webhook and waits until it is ready; its URL is saved at Intercom. */
export async function startScene(type: 'LoadBalancer' | 'ClusterIP' = 'LoadBalancer'): Promise<Scene> {
  const namespace = `crm-${randomBytes(3).toString('hex')}`;
  const secret = randomBytes(16).toString('hex');
  const recorder = await startRecorder(cluster().machineAddress);
  const intercom = await startIntercom();
  const close = async () => {
    await intercom.close();
    await recorder.close();
    // The resource by name, for a namespace waits half of its pods' longest grace period before it deletes what else it holds.
    await kubectl('delete', '--namespace', namespace, 'icw', WEBHOOK, '--ignore-not-found', '--wait=false');
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  };
  const untilReady = async () => {
    await kubectl('wait', '--namespace', namespace, '--for=condition=Ready', `icw/${WEBHOOK}`, '--timeout=120s');
  };
  try {
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: RESTRICTED } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: SECRET },
        stringData: { 'client-secret': secret },
      },
      webhook(namespace, recorder.url, type),
    );
    await untilReady();
    const url = `http://${await wayIn(namespace, 'icw-support-ingress')}/intercom`;
    const saveUrl = async (signedWith: string) => {
      const saved = await intercom.saveUrl({ url, secret: signedWith, appId: APP });
      if (!saved.saved) throw new Error(`Intercom could not save ${url}: ${JSON.stringify(saved)}`);
    };
    await saveUrl(secret);
    return {
      namespace,
      url,
      intercom,
      recorder,
      handler: HANDLER,
      topics: usualTopics,
      calls: () => recorder.calls,
      receivers: () => pods(namespace, 'app.kubernetes.io/component=ingress'),
      workers: () => pods(namespace, 'app.kubernetes.io/component=worker'),
      untilReady,
      patch: async (spec) => {
        const patch = JSON.stringify({ spec });
        await kubectl('patch', '--namespace', namespace, 'icw', WEBHOOK, '--type=merge', '--patch', patch);
      },
      saveUrl,
      secret,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of a namespace that admits only such pods. */
export const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

const webhook = (namespace: string, recorder: string, type: string) => ({
  apiVersion: 'intercom-operator.io/v1alpha1',
  kind: 'IntercomWebhook',
  metadata: { namespace, name: WEBHOOK },
  spec: {
    topics: usualTopics,
    signing: { secretKeyRefs: [{ name: SECRET, key: 'client-secret' }] },
    endpoint: { type },
    retention: { maxBytes: '256Mi' },
    deletionPolicy: 'Delete',
    handlers: [
      {
        name: HANDLER,
        container: {
          image: `${cluster().image.repository}:${cluster().image.tag}`,
          command: ['node', '--input-type=module', '--eval', PASS_ON],
          env: [{ name: 'RECORDER', value: recorder }],
        },
      },
    ],
  },
});

/** What a pod was, for the judge; `atMs` right before it is killed. */
export const killOf = ({ status }: Pod, atMs = Date.now()): Kill => ({ pod: status.podIP ?? '', atMs });

/** Until as many pods as before are there, all ready and none of those that are named. */
export function untilReplaced(list: () => Promise<Pod[]>, old: readonly Pod[], count: number): Promise<Pod[]> {
  const gone = new Set(old.map(({ metadata }) => metadata.uid));
  return until(
    async () => {
      const now = await list();
      return now.length === count && now.every((pod) => isReady(pod) && !gone.has(pod.metadata.uid)) ? now : undefined;
    },
    {
      describe: `${count} ready pods in the place of ${old.map(({ metadata }) => metadata.name).join(', ')}`,
      timeoutMs: 90_000,
      everyMs: 250,
    },
  );
}
