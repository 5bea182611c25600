import { resolveProgram } from '#cli/programs/resolve.ts';
import { startCluster } from '#test/cluster/cluster.ts';
import { insideOf, placeOf } from '#test/cluster/place.ts';
import type { StartedCluster } from './facts.ts';

const NAME = 'e2e';

/**
 * Starts a node of this machine, without Docker.
 * @param archive of the image, which may be made meanwhile
 */
export async function startOnNode(archive: Promise<string>, note: (line: string) => void): Promise<StartedCluster> {
  const { path: ctr } = await resolveProgram('ctr', { env: process.env, onProgress: note });
  const cluster = await startCluster({ name: NAME, onProgress: note });
  try {
    await cluster.loadImage(await archive);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  note(`a node is ready after ${(cluster.startedMs / 1000).toFixed(1)} s; what its programs say is in ${cluster.logs}`);
  return {
    kubeconfig: cluster.kubeconfig,
    nodeAddress: cluster.nodeAddress,
    machineAddress: cluster.machineAddress,
    ctr: [ctr, '--address', insideOf(placeOf(NAME)).containerdSocket],
    hasRoutesToServices: true,
    heldBack: 'shut',
    stop: () => cluster.stop(),
  };
}
