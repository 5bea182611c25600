import type { KubeObject, Resource } from './kube/resource.ts';
import type { Rendered } from './render/facts.ts';

/** The kinds of objects that a resource is turned into. */

export const SECRETS: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };

/** Those that we keep a copy of. Secrets are not among them: to watch ours would be to watch everybody's. */
export const WATCHED: readonly Resource[] = [
  { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { group: '', version: 'v1', kind: 'Service', plural: 'services' },
  { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses' },
  { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' },
  { group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets' },
];

/** Watched where it is served: its CRD is for others to install, and may come and go at any time. */
export const HTTP_ROUTES: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  kind: 'HTTPRoute',
  plural: 'httproutes',
};

const BY_KIND: ReadonlyMap<string, Resource> = new Map(
  [SECRETS, HTTP_ROUTES, ...WATCHED].map((each) => [each.kind, each]),
);

/** A workload starts with what it needs: these are applied after all others. */
const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet']);
export const isWorkload = ({ kind }: { readonly kind?: string }): boolean => WORKLOADS.has(kind ?? '');

/** How many of its pods have been ready for long enough. */
export const availableOf = (workload: KubeObject | undefined): number =>
  (workload?.['status'] as { availableReplicas?: number } | undefined)?.availableReplicas ?? 0;

/** @throws Error for a kind that is in no list above: a fault of ours */
export function resourceOf({ kind }: Pick<KubeObject | Rendered, 'kind'>): Resource {
  const resource = BY_KIND.get(kind ?? '');
  if (resource === undefined) throw new Error(`${kind} is rendered, and nobody looks after it`);
  return resource;
}

/** `Deployment icw-support-ingress`: an object in its namespace, for maps and for people. */
export type ChildName = `${string} ${string}`;

export const childName = ({ kind, metadata }: { kind?: string; metadata?: { name?: string } }): ChildName =>
  `${kind ?? ''} ${metadata?.name ?? ''}`;
