import { networkInterfaces } from 'node:os';
import { bringUpAnew, doingWith, importImage, remove } from '#cli/k3d/cluster.ts';
import { addressesOf, inspectArgs, kubeconfigOf, type Place, serverOf } from '#cli/k3d/steps.ts';
import type { Env } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { NATS_IMAGE } from '#test/cluster/image-names.ts';
import type { StartedCluster } from './facts.ts';
import { WAY_VARIABLE } from './way.ts';

/**
 * What k3s would bring by itself. Its Ingress controller and its load balancers take ports of the node, of which two
 * releases want the same; its metrics server makes every list of kinds fail until it runs.
 */
const WITHOUT = ['traefik', 'servicelb', 'metrics-server'] as const;

const QUICK_MS = 30_000;
const PULL_MS = 180_000;

/** Starts one of k3d; what an earlier run has left of its name is removed first. @param folder with the image's archive */
export async function startOnK3d(folder: string, env: Env, note: (line: string) => void): Promise<StartedCluster> {
  const { path: k3d } = await resolveProgram('k3d', { env, onProgress: note });
  const place: Place = { name: 'intercom-e2e', folder };
  const doing = doingWith({ env }, note);
  const stop = () => remove(k3d, place, doing);
  const inNode = ['exec', serverOf(place)];
  try {
    await bringUpAnew(k3d, place, doing, WITHOUT);
    const inspected = await doing('looking for its addresses', QUICK_MS, 'docker', inspectArgs(place));
    const { server, machine } = addressesOf(place, inspected);
    checkNear(machine, addressesHere());
    await importImage(k3d, place, doing);
    // Helm's patience is for starting, not for a slow registry.
    await doing('pulling the image of NATS', PULL_MS, 'docker', [...inNode, 'crictl', 'pull', NATS_IMAGE]);
    return {
      kubeconfig: kubeconfigOf(place),
      nodeAddress: server,
      machineAddress: machine,
      ctr: ['docker', ...inNode, 'ctr'],
      hasRoutesToServices: false,
      heldBack: 'ECONNREFUSED',
      stop,
    };
  } catch (error) {
    await stop().catch((failure: unknown) => note(`the cluster ${place.name} is still there: ${String(failure)}`));
    throw error;
  }
}

/**
 * Pods have to reach what listens here, and this machine their node: it has to be Docker's own, not one around it.
 * @param machine the gateway of the containers
 * @throws Error where it is none of `here`
 */
export function checkNear(machine: string, here: readonly string[]): void {
  if (here.includes(machine)) return;
  throw new Error(
    `Docker's containers reach ${machine}, which is not this machine: Docker runs in another one, as Docker Desktop, ` +
      `rootless Docker and a remote DOCKER_HOST do. Run the tests where dockerd runs, or, on Linux as root, on a node ` +
      `without Docker: ${WAY_VARIABLE}=node`,
  );
}

const addressesHere = (): string[] =>
  Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
