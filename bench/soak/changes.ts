import { pauses } from '#cli/local/pauses.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Random } from '#services/simulator/random.ts';
import { webhookInput } from '#test/support/webhook.ts';
import type { Cluster } from './cluster.ts';

export interface ChangeCounts {
  /** Specs that the API server took; each is to be judged by the operator. */
  written: number;
  deleted: number;
  /** The API server was not to be had. */
  failed: number;
}

/** So many names, of which most exist at any time. */
const NAMES = 100;
const PAUSE_MS = 300;
const CALL_TIMEOUT_MS = 2_000;

/** No value of the field: the operator refuses it, though the CRD here takes it. */
const UNKNOWN_POLICY = 'Shred';

/** Whether the operator is to accept a resource with this spec. */
export const isAcceptable = (spec: unknown): boolean =>
  !(typeof spec === 'object' && spec !== null && 'deletionPolicy' in spec && spec.deletionPolicy === UNKNOWN_POLICY);

/** Creates, changes, deletes and creates anew until the signal fires; counts into `counts`. */
export async function changeResources(
  { kube, namespace }: Cluster,
  random: Random,
  { counts, signal }: { counts: ChangeCounts; signal: AbortSignal },
): Promise<void> {
  const how = () => ({ signal, timeoutMs: CALL_TIMEOUT_MS });
  const write = async (name: string) => {
    const deletionPolicy = random.pick(['Retain', 'Delete', UNKNOWN_POLICY]);
    const topics = [random.pick(['contact.user.created', 'conversation.user.created']), `custom.${random.hex(6)}`];
    const spec = { ...webhookInput().spec, topics, deletionPolicy };
    await kube.apply(INTERCOM_WEBHOOKS, { metadata: { namespace, name }, spec }, { ...how(), force: true });
    counts.written += 1;
  };
  const remove = async (name: string) => {
    if (await kube.delete(INTERCOM_WEBHOOKS, { namespace, name }, how())) counts.deleted += 1;
  };
  try {
    for await (const _ of pauses(PAUSE_MS, signal)) {
      const name = `webhook-${random.int(NAMES)}`;
      try {
        if (random.oneIn(6)) await remove(name);
        if (!random.oneIn(12)) await write(name);
      } catch (error) {
        if (signal.aborted) throw error;
        counts.failed += 1;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
