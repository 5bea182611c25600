import { PROGRAMS } from '#cli/programs/catalogue.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { adminConnection, connectedKube, KUBECONFIG_VAR } from './kube.ts';
import { startKubeApiserver } from './kube-apiserver.ts';
import { inventory } from './kube-inventory.ts';
import { installCrd } from './operator.ts';

const NAMES = ['etcd', 'kube-apiserver'] as const;

/**
 * Starts one API server for every test of the project, with our CRD in it, and ends it after them.
 * @throws Error, when the tests are over, with what they left outside their namespaces
 */
export async function setup(): Promise<() => Promise<void>> {
  for (const name of NAMES) {
    const { path } = await resolveProgram(name, {
      env: process.env,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    process.env[PROGRAMS[name].envVar] = path;
  }
  const server = await startKubeApiserver();
  process.stderr.write(`kube-apiserver is ready after ${server.startedMs} ms\n`);
  process.env[KUBECONFIG_VAR] = server.kubeconfig;
  const kube = connectedKube(await adminConnection(server.kubeconfig));
  await installCrd(kube);
  kube.close();
  const before = await inventory(server.kubeconfig);
  return async () => {
    try {
      const left = [...(await inventory(server.kubeconfig))].filter((object) => !before.has(object));
      if (left.length > 0) throw new Error(`tests left in the cluster: ${left.join(', ')}`);
    } finally {
      await server.close();
    }
  };
}
