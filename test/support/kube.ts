import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { Connection } from '#operator/kube/connection.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { NAMESPACES, type Resource } from '#operator/kube/resource.ts';
import { createTransport, readBody } from '#operator/kube/transport.ts';

/** Set by `kube-setup.ts`: the kubeconfig of the API server that the whole run shares. */
export const KUBECONFIG_VAR = 'TEST_KUBECONFIG';
export const TEST_NAMESPACE_PREFIX = 'test-';

export const CONFIG_MAPS: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
export const SECRETS: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
export const SERVICE_ACCOUNTS: Resource = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};
export const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
export const ROLES: Resource = { ...RBAC, kind: 'Role', plural: 'roles' };
export const ROLE_BINDINGS: Resource = { ...RBAC, kind: 'RoleBinding', plural: 'rolebindings' };

export function sharedKubeconfig(): string {
  const file = process.env[KUBECONFIG_VAR];
  if (file === undefined) throw new Error(`${KUBECONFIG_VAR} is not set: this test belongs to the project "kube"`);
  return file;
}

export const adminConnection = (kubeconfig: string): Promise<Connection> =>
  kubeconfigConnection({ file: kubeconfig, now: () => performance.now() });

export const connectedKube = (connection: Connection, fieldManager = 'test'): Kube =>
  createKube({ connection, fieldManager, userAgent: 'test', random: Math.random });

/** A client that is closed when the test ends. */
export function testKube(connection: Connection, fieldManager?: string): Kube {
  const kube = connectedKube(connection, fieldManager);
  onTestFinished(() => kube.close());
  return kube;
}

/** A limit for everything that a test asks for. */
export const soon = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

/**
 * A namespace of the test's own. It stays, with what is in it, until the server ends: nobody is there who would empty a
 * namespace that is deleted.
 */
export async function testNamespace(kube: Kube, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `${TEST_NAMESPACE_PREFIX}${randomBytes(5).toString('hex')}`;
  const metadata = { name, labels };
  await kube.create(NAMESPACES, { metadata }, soon());
  return name;
}

export const configMap = (namespace: string, name: string, data: Record<string, string> = {}) => ({
  metadata: { namespace, name },
  data,
});

interface Limited {
  readonly kube: Kube;
  readonly namespace: string;
  /** Of the role it gets in its namespace. */
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** The way in of a fresh service account, with a token that the API server signed. */
export async function serviceAccountConnection(admin: Connection, limited: Limited): Promise<Connection> {
  const { kube, namespace, rules } = limited;
  const metadata = { namespace, name: 'limited' };
  await kube.create(SERVICE_ACCOUNTS, { metadata }, soon());
  await kube.create(ROLES, { metadata, rules }, soon());
  const roleRef = { apiGroup: RBAC.group, kind: 'Role', name: metadata.name };
  await kube.create(
    ROLE_BINDINGS,
    { metadata, roleRef, subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace }] },
    soon(),
  );
  const { tls } = await admin.credentials();
  const token = await requestToken(admin, `/api/v1/namespaces/${namespace}/serviceaccounts/${metadata.name}/token`);
  return { server: admin.server, namespace, credentials: async () => ({ token, tls }) };
}

const TokenRequest = z.object({ status: z.object({ token: z.string() }) });

/** A token of a service account, for ten minutes, or until the Secret that it is bound to is gone. */
export async function requestToken(
  admin: Connection,
  path: string,
  boundTo?: { readonly name: string; readonly uid: string },
): Promise<string> {
  const transport = createTransport(admin, 'test');
  try {
    const bound = boundTo === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', ...boundTo } };
    const spec = { expirationSeconds: 600, ...bound };
    const json = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const response = await transport.send(
      { method: 'POST', path, body: { type: 'application/json', json } },
      soon().signal,
    );
    return TokenRequest.parse(await readBody(response, 64 * 1024)).status.token;
  } finally {
    transport.close();
  }
}
