import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { until } from '#test/support/until.ts';
import { isAcceptable } from './changes.ts';
import type { Cluster } from './cluster.ts';

/** What the operator has not said yet of a resource as it is now, or has said wrongly; null where all is right. */
export function fault(webhook: KubeObject): string | null {
  const { generation, deletionTimestamp } = webhook.metadata;
  if (deletionTimestamp !== undefined) return `being deleted since ${deletionTimestamp}`;
  const accepted = conditionsOf(webhook).find(({ type }) => type === 'Accepted');
  if (accepted?.observedGeneration !== generation) {
    return `generation ${accepted?.observedGeneration ?? 'none'} of ${generation} judged`;
  }
  const expected = isAcceptable(webhook['spec']) ? 'True' : 'False';
  return accepted?.status === expected ? null : `Accepted is ${accepted?.status}: ${accepted?.message}`;
}

/** How many resources there are, and what is wrong with which. */
export async function survey({ kube, namespace }: Cluster): Promise<{ count: number; unsettled: string[] }> {
  let count = 0;
  const unsettled: string[] = [];
  for await (const { items } of kube.pages(INTERCOM_WEBHOOKS, { namespace }, { signal: AbortSignal.timeout(10_000) })) {
    count += items.length;
    for (const item of items) {
      const wrong = fault(item);
      if (wrong !== null) unsettled.push(`${item.metadata.name}: ${wrong}`);
    }
  }
  return { count, unsettled };
}

/** Waits until every resource is settled. @returns what was wrong with those that were not in time */
export async function settle(cluster: Cluster, timeoutMs: number): Promise<readonly string[]> {
  let last: readonly string[] = ['nothing could be listed'];
  const isOver = async () => {
    last = (await survey(cluster)).unsettled;
    return last.length === 0;
  };
  await until(isOver, { describe: 'every resource to be settled', timeoutMs, everyMs: 100 }).catch(() => {});
  return last;
}
