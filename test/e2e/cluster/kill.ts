import * as z from 'zod';
import type { Kill } from '#cli/judge/judge.ts';
import { execute } from '#cli/programs/execute.ts';
import type { Resource } from '#operator/kube/resource.ts';
import { adminConnection, connectedKube, soon } from '#test/support/kube.ts';
import { until } from '#test/support/until.ts';
import { cluster } from './facts.ts';
import type { Pod } from './objects.ts';
import { killOf } from './scene.ts';

/**
 * SIGKILL to a container of a pod, as the kernel does it when memory is short. It takes the command some time, so there are
 * two moments of it: before, and after.
 */
export async function killContainer(pod: Pod, container: string): Promise<[Kill, Kill]> {
  const [program, ...first] = cluster().ctr;
  const { containerStatuses, initContainerStatuses } = pod.status;
  const id = [...containerStatuses, ...initContainerStatuses]
    .find(({ name }) => name === container)
    ?.containerID?.replace('containerd://', '');
  if (id === undefined) throw new Error(`pod ${pod.metadata.name} has no container ${container} that runs`);
  const before = killOf(pod);
  const args = [...first, '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id];
  await execute(program, args, { env: process.env, timeoutMs: 10_000 });
  return [before, killOf(pod)];
}

const SLICES: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
};
const Endpoints = z
  .array(z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: z.boolean().optional() }) }))
  .nullish();

/** kube-proxy changes its rules once a second at most. */
const PROXY_MS = 1_000;

/**
 * Until when a node may still lead requests to a pod that has died: Kubernetes has to notice, and then its proxies. Of
 * what is sent there meanwhile each is refused.
 * @returns ms since 1970
 */
export async function untilUnrouted({ metadata: { namespace }, status }: Pod): Promise<number> {
  const kube = connectedKube(await adminConnection(cluster().kubeconfig));
  const isListed = async () => {
    for await (const page of kube.pages(SLICES, { namespace }, soon())) {
      const endpoints = page.items.flatMap((slice) => Endpoints.parse(slice['endpoints']) ?? []);
      const own = endpoints.filter(({ addresses }) => addresses.includes(status.podIP ?? ''));
      if (own.some(({ conditions }) => conditions.ready !== false)) return true;
    }
    return false;
  };
  try {
    await until(async () => !(await isListed()), { describe: 'the dead pod to get no requests', timeoutMs: 15_000 });
    return Date.now() + PROXY_MS;
  } finally {
    kube.close();
  }
}
