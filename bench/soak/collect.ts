import { pauses } from '#cli/local/pauses.ts';
import { WATCHED } from '#operator/children.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { KubeObject, Resource } from '#operator/kube/resource.ts';
import { ownerUids } from '#operator/kube/store.ts';
import type { Cluster } from './cluster.ts';

const EVERY_MS = 500;
const CALL_TIMEOUT_MS = 2_000;

/** Deletes what has lost its owner, as the garbage collector of a whole cluster does, until the signal fires. */
export async function collectGarbage(cluster: Cluster, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of pauses(EVERY_MS, signal)) {
      // What is not to be had now is collected the next time.
      await collectOnce(cluster, signal).catch(() => undefined);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function collectOnce({ kube, namespace }: Cluster, signal: AbortSignal): Promise<void> {
  const how = { signal, timeoutMs: CALL_TIMEOUT_MS };
  const listed = async (resource: Resource): Promise<KubeObject[]> => {
    const all: KubeObject[] = [];
    for await (const { items } of kube.pages(resource, { namespace }, how)) all.push(...items);
    return all;
  };
  const children: { resource: Resource; child: KubeObject }[] = [];
  for (const resource of WATCHED) {
    for (const child of await listed(resource)) children.push({ resource, child });
  }
  // Listed last: the owner of anything seen above that is not here has gone.
  const owners = new Set((await listed(INTERCOM_WEBHOOKS)).map(({ metadata }) => metadata.uid));
  for (const { resource, child } of children) {
    const uids = ownerUids(child);
    if (uids.length === 0 || uids.some((uid) => owners.has(uid))) continue;
    const { name, uid } = child.metadata;
    await kube.delete(resource, { namespace, name }, { ...how, preconditions: { uid } });
  }
}
