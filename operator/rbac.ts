/** What the operator has to be allowed. The chart ships these rules; nothing else is asked of the API server. */

/** As `rules` of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Server-side apply is `patch`, and `create` where nothing is there yet. */
const RENDERED_VERBS = ['get', 'list', 'watch', 'create', 'patch', 'delete'] as const;

/** In every namespace that is looked after. */
export const CLUSTER_RULES: readonly PolicyRule[] = [
  { apiGroups: ['intercom-operator.io'], resources: ['intercomwebhooks'], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: ['intercom-operator.io'], resources: ['intercomwebhooks/status'], verbs: ['patch'] },
  // What is rendered holds up the deletion of its owner: where that is guarded, this is who may say so.
  { apiGroups: ['intercom-operator.io'], resources: ['intercomwebhooks/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['serviceaccounts', 'configmaps', 'services'], verbs: RENDERED_VERBS },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: RENDERED_VERBS },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: RENDERED_VERBS },
  // Listed where they are not served too: so it is noticed when they are.
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: RENDERED_VERBS },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: RENDERED_VERBS },
  // Those that answer Intercom, to ask them what they saw.
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  // By name alone: who may list Secrets may read all of them. Written are those that processes log in to NATS with.
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  // Of another operator that says it looks after a resource: whether it is still installed.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
  // Its uid stands for the cluster.
  { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
];

/** In the operator's own namespace. */
export const NAMESPACE_RULES: readonly PolicyRule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

/** The rules as what an installation applies: a role for every namespace, and one for the operator's own. */
export const operatorRoles = (name: string) => [
  { ...ROLE, kind: 'ClusterRole', metadata: { name }, rules: CLUSTER_RULES },
  { ...ROLE, kind: 'Role', metadata: { name }, rules: NAMESPACE_RULES },
];

const ROLE = { apiVersion: 'rbac.authorization.k8s.io/v1' };
