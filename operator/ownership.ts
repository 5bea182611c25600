import type { Happening } from './events/event.ts';
import { OPERATOR_ANNOTATION } from './intercom-webhooks.ts';
import type { Kube } from './kube/kube.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import { LEASES } from './leader/lease.ts';
import { annotationOf } from './marks.ts';

/** Which operator looks after a resource: two that did would undo each other's work without an end. */
export type Ownership = { readonly kind: 'ours' } | { readonly kind: 'theirs'; readonly happening: Happening };

const OURS: Ownership = { kind: 'ours' };
const CALL_TIMEOUT_MS = 5_000;

/**
 * By the annotation that every operator leaves on what it looks after: `<namespace>/<Lease>`. An operator whose Lease is
 * gone has been uninstalled, and what was its own is anybody's.
 * @param self our own
 */
export async function ownershipOf(
  object: KubeObject,
  self: string,
  { kube, signal }: { readonly kube: Pick<Kube, 'get'>; readonly signal: AbortSignal },
): Promise<Ownership> {
  const operator = annotationOf(object, OPERATOR_ANNOTATION) ?? self;
  const [namespace = '', name = ''] = operator.split('/');
  if (operator === self || namespace === '' || name === '') return OURS;
  try {
    const lease = await kube.get(LEASES, { namespace, name }, { signal, timeoutMs: CALL_TIMEOUT_MS });
    return lease === null ? OURS : theirs(operator, self, 'whose Lease is there');
  } catch (error) {
    if (!(error instanceof KubeError) || error.kind !== 'forbidden') throw error;
    return theirs(operator, self, 'whose Lease may not be read from here');
  }
}

const theirs = (operator: string, self: string, why: string): Ownership => ({
  kind: 'theirs',
  happening: {
    type: 'Warning',
    reason: 'OperatedByAnother',
    action: 'Reconcile',
    note:
      `the operator ${operator}, ${why}, looks after it, so ${self} does not: let watchNamespaces of the two releases ` +
      `name different namespaces; to hand it over, set its annotation ${OPERATOR_ANNOTATION} to ${self}`,
  },
});
