import type { Happening } from './events/event.ts';
import type { EventRecorder } from './events/recorder.ts';
import { PATIENCE_MS } from './finalize.ts';
import type { Kube } from './kube/kube.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import { LEASES, leaseSpecOf } from './leader/lease.ts';
import type { Outcome } from './outcome.ts';

/** Which operator looks after a resource: two that did would undo each other's work without an end. */
export type Ownership = { readonly kind: 'ours' } | { readonly kind: 'theirs'; readonly happening: Happening };

const OURS: Ownership = { kind: 'ours' };
const CALL_TIMEOUT_MS = 5_000;
/** An operator that has not led for so long is none: credentials of NATS hold for three days, and want a new one before. */
const ABANDONED_MS = 24 * 3_600_000;
/** A deletion that its own operator has not ended in twice the time that it gives itself is anybody's. */
const DELETION_MS = 2 * PATIENCE_MS;

/** How an operator is called: by its Lease. */
export const operatorName = (namespace: string, lease: string): string => `${namespace}/${lease}`;

/** As {@link operatorName} makes them; what else stands there was not written by an operator, and counts for nothing. */
const NAME = /^(?<namespace>[a-z0-9][a-z0-9-]{0,62})\/(?<name>[a-z0-9][a-z0-9.-]{0,252})$/;

/** The operator that a resource names in its status, where that is not `self`; else null. */
export function otherOperatorOf({ status }: KubeObject, self: string): string | null {
  const { operator } = (status ?? {}) as { operator?: unknown };
  return typeof operator !== 'string' || operator === self || !NAME.test(operator) ? null : operator;
}

interface Asking {
  readonly kube: Pick<Kube, 'get'>;
  readonly date: () => Date;
  readonly signal: AbortSignal;
}

/**
 * By the name that every operator writes into the status of what it looks after. One whose Lease is gone has been
 * uninstalled, and what was its own is anybody's. Two that meet a new resource at once may both make its objects, until one of
 * them has written a status; where it is deleted before, the first to see that ends it, and the other's streams stay.
 * @param self our own name
 */
export async function ownershipOf(
  object: KubeObject,
  self: string,
  { kube, date, signal }: Asking,
): Promise<Ownership> {
  const operator = otherOperatorOf(object, self);
  const { namespace = '', name = '' } = NAME.exec(operator ?? '')?.groups ?? {};
  const nowMs = date().getTime();
  const { deletionTimestamp } = object.metadata;
  if (operator === null || nowMs - Date.parse(String(deletionTimestamp)) > DELETION_MS) return OURS;
  try {
    const lease = await kube.get(LEASES, { namespace, name }, { signal, timeoutMs: CALL_TIMEOUT_MS });
    if (lease === null || isAbandoned(lease, nowMs)) return OURS;
    const todo = 'let watchNamespaces of the two releases name different namespaces';
    return theirs(object, { operator, self, why: `leads elsewhere: ${todo}` });
  } catch (error) {
    if (!(error instanceof KubeError) || error.kind !== 'forbidden') throw error;
    const todo = `allow ${self} to get it, to learn whether that operator is still there`;
    return theirs(object, { operator, self, why: `has a Lease that may not be read from here: ${todo}` });
  }
}

/** Times of the cluster's clocks, which differ by less than a day. */
const isAbandoned = (lease: KubeObject, nowMs: number): boolean =>
  !(nowMs - Date.parse(leaseSpecOf(lease).renewTime ?? '') < ABANDONED_MS);

const LEFT_MS = 60_000;

/** Says whose it is. A deletion is looked at again: it must not wait for another operator for ever. */
export function leave(object: KubeObject, happening: Happening, events: EventRecorder): Outcome {
  const { reason, note } = happening;
  events.record(object, happening);
  if (object.metadata.deletionTimestamp === undefined) return { kind: 'blocked', reason, message: note };
  return { kind: 'requeue', afterMs: LEFT_MS, reason: note };
}

interface Foreign {
  readonly operator: string;
  readonly self: string;
  readonly why: string;
}

function theirs({ metadata }: KubeObject, { operator, self, why }: Foreign): Ownership {
  const { namespace = '', name } = metadata;
  const patch = JSON.stringify({ status: { operator: self } });
  const command = `kubectl -n ${namespace} patch icw ${name} --subresource=status --type=merge -p '${patch}'`;
  const note = `${self} leaves it to the operator ${operator}, which ${why}; to hand it over: ${command}`;
  return { kind: 'theirs', happening: { type: 'Warning', reason: 'OperatedByAnother', action: 'Reconcile', note } };
}
