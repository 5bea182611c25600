import { STREAMS, webhookToken } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { API_VERSION, GROUP } from './api/v1alpha1.ts';
import { isWorkload, resourceOf } from './children.ts';
import type { Children } from './children-view.ts';
import { type NatsAccess, usersOf } from './credentials/access.ts';
import type { Brokers } from './credentials/brokers.ts';
import { rolesOf } from './credentials/issuer.ts';
import type { EventRecorder } from './events/recorder.ts';
import { finalizerPatch, hasFinalizer } from './finalizers.ts';
import { INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Writes } from './leader/fence.ts';
import type { Outcome } from './outcome.ts';
import { isControlledBy } from './owner-references.ts';
import { desiredStreams, type StreamFacts } from './streams/desired.ts';
import { removeStreams } from './streams/remove.ts';

/** Holds a resource until what it has in NATS is gone. */
export const FINALIZER = `${GROUP}/streams`;

/** A deletion waits for pods and for NATS for so long; then the streams stay, and an Event says so. */
export const PATIENCE_MS = 600_000;
const RETRY_MS = 5_000;

export interface FinalizeDeps {
  readonly kube: Pick<Writes, 'apply' | 'delete'>;
  readonly children: Children;
  /** How many pods of the receiver of a resource there are still. */
  readonly receivers: (object: KubeObject) => number;
  readonly brokers: Pick<Brokers, 'of' | 'revoke'>;
  readonly facts: { readonly access: NatsAccess; readonly streams: Omit<StreamFacts, 'uid'> };
  readonly events: EventRecorder;
  readonly date: () => Date;
}

type Doing = FinalizeDeps & { readonly signal: AbortSignal };

/** Whether something has to be done before the resource may go. */
const needsFinalizer = ({ spec }: IntercomWebhook, access: NatsAccess): boolean =>
  spec.deletionPolicy === 'Delete' || access.kind === 'isolated';

/** Puts the finalizer on, or takes it off, as the resource asks for now. @returns the resource as it is then */
export async function keepFinalizer(object: KubeObject, webhook: IntercomWebhook, doing: Doing): Promise<KubeObject> {
  return (await held(object, needsFinalizer(webhook, doing.facts.access), doing)) ?? object;
}

/** Of a resource that is being deleted. */
export async function finalize(object: KubeObject, webhook: IntercomWebhook | null, doing: Doing): Promise<Outcome> {
  if (!hasFinalizer(object, FINALIZER)) return { kind: 'done' };
  const warn = (reason: string, note: string) =>
    doing.events.record(object, { type: 'Warning', reason, action: 'Delete', note });
  const { namespace = '', name } = object.metadata;
  const left = `stream ${STREAMS.events(webhookToken(namespace, name))} and what belongs to it stay in NATS`;
  if (webhook === null) warn('StreamsLeftBehind', `${left}: the resource is not valid, so they were not deleted`);
  else if (needsFinalizer(webhook, doing.facts.access)) {
    const why = (await ended(object, doing)) ?? (await clearedOut(object, webhook, doing));
    const waitedMs = doing.date().getTime() - Date.parse(String(object.metadata.deletionTimestamp));
    if (why !== null && waitedMs < PATIENCE_MS) return { kind: 'requeue', afterMs: RETRY_MS, reason: why };
    if (why !== null) {
      warn('StreamsLeftBehind', `${left}: they could not be deleted within ${PATIENCE_MS / 60_000} min: ${why}`);
    }
  }
  const after = await held(object, false, doing);
  if (after === null || !hasFinalizer(after, FINALIZER)) return { kind: 'done' };
  // A backup that was restored, for one: a field manager takes back only what nobody else has put there too.
  const message = `metadata.finalizers: ${FINALIZER} was put there by somebody else too: remove it with kubectl edit`;
  warn('FinalizerHeld', message);
  return { kind: 'blocked', reason: 'FinalizerHeld', message };
}

/**
 * Ends what works for the resource, before it is shut out of NATS: a receiver that is told to end still publishes what its
 * spool holds. Null where it has ended; else what is waited for.
 */
async function ended(object: KubeObject, { kube, children, receivers, signal }: Doing): Promise<string | null> {
  const { uid, namespace = '' } = object.metadata;
  for (const child of children.of(object).values()) {
    if (!isWorkload(child) || !isControlledBy(child, uid)) continue;
    const { name, uid: own } = child.metadata;
    try {
      await kube.delete(resourceOf(child), { name, namespace }, { signal, preconditions: { uid: own } });
    } catch (error) {
      if (signal.aborted || !(error instanceof KubeError)) throw error;
      return error.message;
    }
  }
  const left = receivers(object);
  return left === 0 ? null : `pods of its receiver end, and publish what they hold: ${left} left`;
}

/** Null where nothing is left; else why not. */
async function clearedOut(
  { metadata: { uid } }: KubeObject,
  webhook: IntercomWebhook,
  { brokers, facts: { access, streams } }: Doing,
): Promise<string | null> {
  const { namespace, name } = webhook.metadata;
  const broker = await brokers.of(namespace);
  if (broker.kind === 'away') return broker.message;
  const users = usersOf(access, uid, rolesOf(webhook));
  const revoked = users.length === 0 ? null : await brokers.revoke(namespace, users);
  if (revoked?.kind === 'away') return revoked.message;
  if (webhook.spec.deletionPolicy === 'Retain') return null;
  try {
    await removeStreams(webhookToken(namespace, name), desiredStreams(webhook, { ...streams, uid }), broker.connection);
    return null;
  } catch (error) {
    return asError(error).message;
  }
}

/** The resource afterwards; null where nothing was to be done. */
async function held(object: KubeObject, isHeld: boolean, { kube, signal }: Doing): Promise<KubeObject | null> {
  const patch = finalizerPatch(object, FINALIZER, isHeld);
  if (patch === null) return null;
  return kube.apply(INTERCOM_WEBHOOKS, { apiVersion: API_VERSION, ...patch }, { signal, force: true });
}
