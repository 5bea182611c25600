import type { Kill } from '#cli/judge/judge.ts';
import { execute } from '#cli/programs/execute.ts';
import { cluster } from './facts.ts';
import type { Pod } from './objects.ts';
import { killOf } from './scene.ts';

/** SIGKILL to a container of a pod, as the kernel does it when memory is short. */
export async function killContainer(pod: Pod, container: string): Promise<Kill> {
  const [program, ...first] = cluster().ctr;
  const { containerStatuses, initContainerStatuses } = pod.status;
  const id = [...containerStatuses, ...initContainerStatuses]
    .find(({ name }) => name === container)
    ?.containerID?.replace('containerd://', '');
  if (id === undefined) throw new Error(`pod ${pod.metadata.name} has no container ${container} that runs`);
  const kill = killOf(pod);
  const args = [...first, '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id];
  await execute(program, args, { env: { PATH: process.env['PATH'] }, timeoutMs: 10_000 });
  return kill;
}
