import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { kubeconfigText } from '#cli/dev/control-plane.ts';
import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { NAMESPACES, type Resource } from '#operator/kube/resource.ts';
import { CLUSTER_RULES, NAMESPACE_RULES, type PolicyRule } from '#operator/rbac.ts';
import { temporaryFolder } from './child.ts';
import { entryPoint } from './image.ts';
import { adminConnection, RBAC, ROLE_BINDINGS, ROLES, requestToken, SERVICE_ACCOUNTS, soon, testKube } from './kube.ts';
import type { KubeApiserver } from './kube-apiserver.ts';
import { type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import { until } from './until.ts';

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};
const CLUSTER_ROLES: Resource = { ...RBAC, kind: 'ClusterRole', plural: 'clusterroles' };
const CLUSTER_ROLE_BINDINGS: Resource = { ...RBAC, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings' };

/** Installs our CRD, perhaps with less in it that is checked, and waits until its resources are served. */
export async function installCrd(
  kube: Kube,
  change: (crd: ReturnType<typeof intercomWebhookCrd>) => object = (crd) => crd,
) {
  await kube.apply(CRDS, change(intercomWebhookCrd()), soon());
  await until(() => kube.pages(INTERCOM_WEBHOOKS, {}, soon()).next(), { describe: 'IntercomWebhooks to be served' });
}

/** Nothing else of our group stays: its resources go with it. */
export const uninstallCrd = (kube: Kube): Promise<boolean> =>
  kube.delete(CRDS, { name: intercomWebhookCrd().metadata.name }, soon());

/**
 * A namespace for replicas of the operator, with a service account that may do what these rules say.
 * @returns the namespace and a kubeconfig of the account
 */
export async function operatorAccount(server: KubeApiserver, kube: Kube, rules: readonly PolicyRule[] = CLUSTER_RULES) {
  const namespace = `test-operator-${randomBytes(4).toString('hex')}`;
  await kube.create(NAMESPACES, { metadata: { name: namespace } }, soon());
  const metadata = { namespace, name: 'operator' };
  const subjects = [{ kind: 'ServiceAccount', ...metadata }];
  await kube.create(SERVICE_ACCOUNTS, { metadata }, soon());
  await kube.create(ROLES, { metadata, rules: NAMESPACE_RULES }, soon());
  await kube.create(
    ROLE_BINDINGS,
    { metadata, subjects, roleRef: { apiGroup: RBAC.group, kind: 'Role', name: 'operator' } },
    soon(),
  );
  await kube.create(CLUSTER_ROLES, { metadata: { name: namespace }, rules }, soon());
  const roleRef = { apiGroup: RBAC.group, kind: 'ClusterRole', name: namespace };
  await kube.create(CLUSTER_ROLE_BINDINGS, { metadata: { name: namespace }, subjects, roleRef }, soon());
  const token = await requestToken(
    await adminConnection(server.kubeconfig),
    `/api/v1/namespaces/${namespace}/serviceaccounts/operator/token`,
  );
  const allow = (wider: readonly PolicyRule[]) =>
    kube.apply(CLUSTER_ROLES, { metadata: { name: namespace }, rules: wider }, { ...soon(), force: true });
  return { namespace, allow, kubeconfig: writeKubeconfig(server, namespace, token) };
}

function writeKubeconfig({ url, ca }: KubeApiserver, namespace: string, token: string): string {
  const file = join(temporaryFolder('kubeconfig'), 'config');
  writeFileSync(file, kubeconfigText({ url, ca, token, namespace }), { mode: 0o600 });
  return file;
}

/** Starts a replica of the operator as it is in the image; it ends with the test. */
export async function startOperator(
  kubeconfig: string,
  env: Readonly<Record<string, string>> = {},
): Promise<OperatorProcess> {
  const operator = await startOperatorProcess(kubeconfig, { program: entryPoint('operator'), env });
  onTestFinished(() => operator.child.close('SIGKILL'));
  return operator;
}

/** A client of the admin's, for a test that has no other. */
export const adminKube = async (server: KubeApiserver): Promise<Kube> =>
  testKube(await adminConnection(server.kubeconfig));
