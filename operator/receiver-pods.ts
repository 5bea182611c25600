import * as z from 'zod';
import type { KubeObject, Resource } from './kube/resource.ts';
import { keyOf, type Store } from './kube/store.ts';
import type { Target } from './observations/books.ts';
import { signingOf } from './observations/pod-signing.ts';
import { instanceLabel, MANAGED, RECEIVERS } from './render/meta.ts';

/** The pods that answer Intercom, by which the operator hears what they saw. */

export const PODS: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
export const RECEIVER_PODS = `${MANAGED},${RECEIVERS}`;

/** What is kept of a pod; all else of it weighs more. */
interface ReceiverPod extends KubeObject {
  readonly address?: string;
  readonly signing?: Target['signing'];
}

const Pod = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ ports: z.array(z.object({ name: z.string().optional(), containerPort: z.int() })).default([]) }),
    ),
  }),
  status: z.object({ podIP: z.string().optional() }).default({}),
});

export function trimmedPod(pod: KubeObject): ReceiverPod {
  const { apiVersion, kind, metadata } = pod;
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const kept = { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion, labels: metadata['labels'] } };
  const { data } = Pod.safeParse(pod);
  const ports = data?.spec.containers.flatMap((container) => container.ports) ?? [];
  const port = ports.find((each) => each.name === 'inner')?.containerPort;
  const address = data?.status.podIP;
  if (address === undefined || port === undefined) return kept;
  const host = address.includes(':') ? `[${address}]` : address;
  return { ...kept, address: `http://${host}:${port}`, signing: signingOf(pod) };
}

const Labels = z.record(z.string(), z.string());

/** `<namespace>/<label of the resource>`. */
export const byInstance = {
  instance: ({ metadata }: KubeObject): string[] => {
    const labels = Labels.safeParse(metadata['labels']).data ?? {};
    return [`${metadata.namespace}/${labels[INSTANCE] ?? ''}`];
  },
};

const INSTANCE = 'app.kubernetes.io/instance';

type Pods = Pick<Store<'instance'>, 'find'>;

const podsOf = ({ metadata }: KubeObject, pods: Pods): readonly ReceiverPod[] =>
  pods.find('instance', `${metadata.namespace}/${instanceLabel(metadata.name)}`);

/** How many there are of a resource, ending ones included. */
export const countReceivers = (webhook: KubeObject, pods: Pods): number => podsOf(webhook, pods).length;

/** All pods that have an address, of all resources that are there. */
export const targetsOf = (webhooks: readonly KubeObject[], pods: Pods): Target[] =>
  webhooks.flatMap((object) =>
    podsOf(object, pods).flatMap(({ metadata: { name }, address, signing = [] }) =>
      address === undefined ? [] : [{ webhook: keyOf(object.metadata), pod: name, url: address, signing }],
    ),
  );
