import type { Kube } from '#operator/kube/kube.ts';
import type { KubeObject, Resource } from '#operator/kube/resource.ts';
import { NAMESPACE } from './installation.ts';

/** All of a kind in the namespace of the soak. */
export async function listed(kube: Kube, resource: Resource, labelSelector?: string): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  const scope = { namespace: NAMESPACE, ...(labelSelector === undefined ? {} : { labelSelector }) };
  for await (const { items } of kube.pages(resource, scope, { signal: AbortSignal.timeout(20_000) })) {
    found.push(...items);
  }
  return found;
}
