import { type Acceptance, acceptance } from './acceptance.ts';
import { API_VERSION } from './api/v1alpha1.ts';
import { setCondition } from './conditions.ts';
import type { EventRecorder } from './events/recorder.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import type { ObjectKey, Store } from './kube/store.ts';
import type { Writes } from './leader/fence.ts';
import type { Outcome } from './outcome.ts';

export interface ReconcileDeps {
  readonly webhooks: Pick<Store<never>, 'get'>;
  readonly kube: Pick<Writes, 'applyStatus'>;
  readonly events: EventRecorder;
  /** Of the calendar. */
  readonly date: () => Date;
}

/** Says in the resource's status whether it can be worked with. Writes, and tells, only what is new. */
export async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const observed = deps.webhooks.get(key);
  if (observed === null || observed.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
  const accepted = acceptance(observed);
  const isThere = await report(observed, accepted, { ...deps, signal });
  return isThere && accepted.status === 'False' ? { kind: 'blocked', ...accepted } : { kind: 'done' };
}

/** @returns false where the resource has gone meanwhile */
async function report(
  observed: KubeObject,
  accepted: Acceptance,
  { kube, events, date, signal }: ReconcileDeps & { signal: AbortSignal },
): Promise<boolean> {
  const { name, namespace, uid, generation } = observed.metadata;
  const before = conditionsOf(observed);
  const finding = {
    type: 'Accepted',
    ...accepted,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const after = setCondition(before, finding, date());
  if (after === before) return true;
  // With its uid it is not mistaken for one that has its name now.
  const metadata = { name, uid, ...(namespace === undefined ? {} : { namespace }) };
  const status = { conditions: after.filter(({ type }) => type === 'Accepted') };
  try {
    await kube.applyStatus(INTERCOM_WEBHOOKS, { apiVersion: API_VERSION, metadata, status }, { signal, force: true });
  } catch (error) {
    if (error instanceof KubeError && error.kind === 'not-found') return false;
    throw error;
  }
  const { reason, message } = accepted;
  if (accepted.status === 'False') events.record(observed, { type: 'Warning', reason, action: 'Parse', note: message });
  return true;
}
