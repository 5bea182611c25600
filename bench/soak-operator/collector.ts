import { pauses } from '#cli/local/pauses.ts';
import { WATCHED } from '#operator/children.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { ownerUids } from '#operator/kube/store.ts';
import { MANAGED } from '#operator/render/meta.ts';
import { listed } from './listed.ts';

const EVERY_MS = 1_000;

/** Deletes what has lost its owner, as a cluster does and a bare API server does not, until the signal fires. */
export async function collectGarbage(kube: Kube, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of pauses(EVERY_MS, signal)) await collectOnce(kube);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function collectOnce(kube: Kube): Promise<void> {
  for (const resource of WATCHED) {
    // In this order: what is made of a resource meanwhile is not looked at.
    const objects = await listed(kube, resource, MANAGED);
    const living = new Set((await listed(kube, INTERCOM_WEBHOOKS)).map(({ metadata }) => metadata.uid));
    for (const object of objects) {
      const { uid, name, namespace = '' } = object.metadata;
      if (ownerUids(object).some((owner) => living.has(owner))) continue;
      const how = { signal: AbortSignal.timeout(10_000), preconditions: { uid } };
      await kube.delete(resource, { namespace, name }, how).catch(() => {});
    }
  }
}
