import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from '#cli/local/free-port.ts';
import { type Server, type ServerFacts, serverPod } from '#cli/local/infrastructure.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { apiserverArguments, apiserverFiles, authorityOf, etcdArguments, kubeconfigText } from './control-plane.ts';

/** Who the operator is to the API server: a user, as nothing of a cluster is there that would make a pod's account. */
export const OPERATOR_USER = 'intercom-operator';

export interface Apiserver extends Server {
  /** What the admin and the operator log in with; once it has started. */
  kubeconfigs(): { readonly admin: string; readonly operator: string };
}

export async function etcdServer({ stateDir, env, onProgress }: ServerFacts): Promise<Server> {
  const { path } = await resolveProgram('etcd', { env, onProgress });
  const folder = join(stateDir, 'etcd');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pod: serverPod('etcd', {
      argv: [path, ...etcdArguments(folder, url)],
      files: [{ path: join(folder, '.keep'), content: '' }],
      probe: { port, path: '/health' },
    }),
  };
}

/** On SIGTERM it waits for watches that are open, such as those of a `kubectl get --watch`, and all it has is in etcd. */
const APISERVER_GRACE_MS = 1_000;

export async function apiserver({ stateDir, env, onProgress }: ServerFacts, etcdUrl: string): Promise<Apiserver> {
  const { path } = await resolveProgram('kube-apiserver', { env, onProgress });
  const folder = join(stateDir, 'kube-apiserver');
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const tokens = { admin: randomUUID(), operator: randomUUID() };
  const pod = serverPod('kube-apiserver', {
    argv: [path, ...apiserverArguments({ folder, port, etcdUrl })],
    files: apiserverFiles(folder, [
      { token: tokens.admin, user: 'admin', group: 'system:masters' },
      { token: tokens.operator, user: OPERATOR_USER },
    ]),
    // What answers over HTTPS alone, and only to those who log in, is asked whether it is ready when it can be.
    probe: { port, path: null },
  });
  return {
    url,
    pod: { ...pod, graceMs: APISERVER_GRACE_MS },
    kubeconfigs: () => {
      const common = { url, ca: authorityOf(folder) };
      return {
        admin: kubeconfigText({ ...common, token: tokens.admin }),
        operator: kubeconfigText({ ...common, token: tokens.operator, namespace: OPERATOR_USER }),
      };
    },
  };
}
