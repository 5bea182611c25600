import { pauses } from '#cli/local/pauses.ts';
import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { KubeError } from '#operator/kube/kube-error.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { NAMESPACES, type Resource } from '#operator/kube/resource.ts';
import { operatorRoles } from '#operator/rbac.ts';
import { OPERATOR_USER } from './servers.ts';

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const CLUSTER_ROLES: Resource = { ...RBAC, kind: 'ClusterRole', plural: 'clusterroles' };
const CLUSTER_ROLE_BINDINGS: Resource = { ...RBAC, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings' };
const ROLES: Resource = { ...RBAC, kind: 'Role', plural: 'roles' };
const ROLE_BINDINGS: Resource = { ...RBAC, kind: 'RoleBinding', plural: 'rolebindings' };

/** What an API server makes by itself soon after it has started, and is needed before anything else. */
const FIRST_NAMESPACES = ['kube-system', 'default'];

/**
 * Puts what the operator needs into a fresh API server: the CRD, its namespace, and the roles it is shipped with.
 * @throws KubeError, or the signal's reason
 */
export async function install(kubeconfig: string, signal: AbortSignal): Promise<void> {
  const connection = await kubeconfigConnection({ file: kubeconfig, now: () => performance.now() });
  const kube = createKube({ connection, fieldManager: 'dev', userAgent: 'dev', random: Math.random });
  try {
    for (const name of FIRST_NAMESPACES) {
      await untilSo(async () => (await kube.get(NAMESPACES, { name }, { signal })) !== null, signal);
    }
    // Not all that it serves is there when it begins to answer.
    await untilSo(async () => (await kube.apply(CRDS, intercomWebhookCrd(), { signal })) !== null, signal);
    await untilSo(() => installRoles(kube, signal), signal);
    await untilSo(async () => !(await kube.pages(INTERCOM_WEBHOOKS, {}, { signal }).next()).done, signal);
  } finally {
    kube.close();
  }
}

async function installRoles(kube: Kube, signal: AbortSignal): Promise<true> {
  const namespace = OPERATOR_USER;
  await kube.apply(NAMESPACES, { metadata: { name: namespace } }, { signal });
  for (const { kind, metadata, rules } of operatorRoles(OPERATOR_USER)) {
    const isWide = kind === 'ClusterRole';
    const at = isWide ? metadata : { ...metadata, namespace };
    const subjects = [{ kind: 'User', apiGroup: RBAC.group, name: OPERATOR_USER }];
    const roleRef = { apiGroup: RBAC.group, kind, name: metadata.name };
    await kube.apply(isWide ? CLUSTER_ROLES : ROLES, { metadata: at, rules }, { signal });
    await kube.apply(isWide ? CLUSTER_ROLE_BINDINGS : ROLE_BINDINGS, { metadata: at, subjects, roleRef }, { signal });
  }
  return true;
}

/** How an API server fails that has just started, or been told of a new kind. */
const NOT_YET: ReadonlySet<KubeError['kind']> = new Set(['unavailable', 'not-found', 'forbidden', 'timed-out']);

async function untilSo(ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for await (const _ of pauses(100, signal)) {
    const isSo = await ask().catch((error: unknown) => {
      if (error instanceof KubeError && NOT_YET.has(error.kind)) return false;
      throw error;
    });
    if (isSo) return;
  }
}
