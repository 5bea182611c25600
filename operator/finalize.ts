import { STREAMS, webhookToken } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { API_VERSION, GROUP } from './api/v1alpha1.ts';
import type { EventRecorder } from './events/recorder.ts';
import { addedFinalizer, hasFinalizer, removedFinalizer } from './finalizers.ts';
import { INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Writes } from './leader/fence.ts';
import type { Outcome } from './outcome.ts';
import { desiredStreams, type StreamFacts } from './streams/desired.ts';
import type { Brokers } from './streams/keeper.ts';
import { removeStreams } from './streams/remove.ts';

/** Holds a resource until what it has in NATS is gone. */
export const FINALIZER = `${GROUP}/streams`;

/** A deletion waits for NATS for so long; then the streams stay, and an Event says so. */
const PATIENCE_MS = 600_000;
const RETRY_MS = 5_000;

export interface FinalizeDeps {
  readonly kube: Pick<Writes, 'apply'>;
  readonly brokers: Brokers;
  readonly events: EventRecorder;
  readonly date: () => Date;
}

type Doing = FinalizeDeps & { readonly signal: AbortSignal };

/** Whether something has to be done before the resource may go. */
export const needsFinalizer = ({ spec }: IntercomWebhook): boolean => spec.deletionPolicy === 'Delete';

/** Puts the finalizer on, or takes it off, as the resource asks for now. */
export async function keepFinalizer(object: KubeObject, webhook: IntercomWebhook, doing: Doing): Promise<void> {
  const patch = needsFinalizer(webhook) ? addedFinalizer(object, FINALIZER) : removedFinalizer(object, FINALIZER);
  await applied(patch, doing);
}

/** Of a resource that is being deleted. */
export async function finalize(
  object: KubeObject,
  webhook: IntercomWebhook | null,
  facts: Omit<StreamFacts, 'uid'>,
  doing: Doing,
): Promise<Outcome> {
  if (!hasFinalizer(object, FINALIZER)) return { kind: 'done' };
  const warn = (reason: string, note: string) =>
    doing.events.record(object, { type: 'Warning', reason, action: 'Delete', note });
  const { namespace = '', name } = object.metadata;
  const left = `stream ${STREAMS.events(webhookToken(namespace, name))} and what belongs to it stay in NATS`;
  if (webhook === null) warn('StreamsLeftBehind', `${left}: the resource is not valid, so they were not deleted`);
  else if (needsFinalizer(webhook)) {
    const why = await clearedOut(object, webhook, facts, doing);
    const waitedMs = doing.date().getTime() - Date.parse(String(object.metadata.deletionTimestamp));
    if (why !== null && waitedMs < PATIENCE_MS) return { kind: 'requeue', afterMs: RETRY_MS, reason: why };
    if (why !== null) {
      warn('StreamsLeftBehind', `${left}: they could not be deleted within ${PATIENCE_MS / 60_000} min: ${why}`);
    }
  }
  const after = await applied(removedFinalizer(object, FINALIZER), doing);
  if (after === null || !hasFinalizer(after, FINALIZER)) return { kind: 'done' };
  // A backup that was restored, for one: a field manager takes back only what nobody else has put there too.
  const message = `metadata.finalizers: ${FINALIZER} was put there by somebody else too: remove it with kubectl edit`;
  warn('FinalizerHeld', message);
  return { kind: 'blocked', reason: 'FinalizerHeld', message };
}

/** Null where nothing is left; else why not. */
async function clearedOut(
  { metadata: { uid } }: KubeObject,
  webhook: IntercomWebhook,
  facts: Omit<StreamFacts, 'uid'>,
  { brokers }: Doing,
): Promise<string | null> {
  const { namespace, name } = webhook.metadata;
  const access = await brokers.of(namespace);
  if (access.kind === 'away') return access.message;
  try {
    await removeStreams(webhookToken(namespace, name), desiredStreams(webhook, { ...facts, uid }), access.connection);
    return null;
  } catch (error) {
    return asError(error).message;
  }
}

async function applied(patch: ReturnType<typeof addedFinalizer>, { kube, signal }: Doing): Promise<KubeObject | null> {
  if (patch === null) return null;
  return kube.apply(INTERCOM_WEBHOOKS, { apiVersion: API_VERSION, ...patch }, { signal, force: true });
}
