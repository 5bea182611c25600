import type { IntercomWebhook } from './api/v1alpha1.ts';
import type { Unapplied } from './apply.ts';
import { renewalDueMs } from './credentials/access.ts';
import type { Done } from './credentials/tenants.ts';
import type { Facts } from './facts.ts';
import type { Outcome } from './outcome.ts';
import { type SecretReader, secretKeys } from './secrets.ts';
import type { StreamsState } from './streams/keeper.ts';

/** How often it is looked whether a name that somebody else has is free. */
const NAME_MS = 5_000;

interface Ending {
  readonly streams: StreamsState;
  readonly users: Done;
  readonly unapplied: readonly Unapplied[];
  readonly dueInMs: number;
}

/** What a whole pass asks for: to be tried again, or to look again at what is not watched. */
export function settle({ streams, users, unapplied, dueInMs }: Ending): Outcome {
  const failed = unapplied.find(({ kind }) => kind === 'failed');
  if (failed !== undefined) return { kind: 'failed', error: failed.error };
  if (streams.kind === 'away') return { kind: 'failed', error: new Error(streams.message) };
  if (users.kind === 'away') return { kind: 'failed', error: new Error(users.message) };
  if (unapplied.length > 0) return { kind: 'requeue', afterMs: Math.min(dueInMs, NAME_MS), reason: 'a name is taken' };
  return { kind: 'requeue', afterMs: dueInMs, reason: 'to see what is not watched', isRoutine: true };
}

/** So that what does not come about is not asked for without a pause. */
const MIN_DUE_MS = 1_000;

/** When something is due that no watch tells of: a Secret to be read again, credentials to be renewed. */
export function dueInMs(
  webhook: IntercomWebhook,
  { secrets, facts, uid, nowMs }: { secrets: Pick<SecretReader, 'dueInMs'>; facts: Pick<Facts, 'access'> } & Now,
): number {
  const renewalMs = renewalDueMs(facts.access, { uid, nowMs });
  const readMs = secrets.dueInMs(webhook.metadata.namespace, secretKeys(webhook));
  return renewalMs === null ? readMs : Math.min(readMs, Math.max(MIN_DUE_MS, renewalMs - nowMs));
}

interface Now {
  readonly uid: string;
  readonly nowMs: number;
}
