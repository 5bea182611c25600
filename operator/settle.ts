import type { IntercomWebhook } from './api/v1alpha1.ts';
import type { Unapplied } from './apply.ts';
import type { Outcome } from './outcome.ts';
import { type SecretReader, secretKeys } from './secrets.ts';
import type { StreamsState } from './streams/keeper.ts';

/** How often it is looked whether a name that somebody else has is free. */
const NAME_MS = 5_000;

interface Ending {
  readonly streams: StreamsState;
  readonly unapplied: readonly Unapplied[];
  readonly dueInMs: number;
}

/** What a whole pass asks for: to be tried again, or to look again at what is not watched. */
export function settle({ streams, unapplied, dueInMs }: Ending): Outcome {
  const failed = unapplied.find(({ kind }) => kind === 'failed');
  if (failed !== undefined) return { kind: 'failed', error: failed.error };
  if (streams.kind === 'away') return { kind: 'failed', error: new Error(streams.message) };
  if (unapplied.length > 0) return { kind: 'requeue', afterMs: Math.min(dueInMs, NAME_MS), reason: 'a name is taken' };
  return { kind: 'requeue', afterMs: dueInMs, reason: 'to see what is not watched' };
}

/** When one of the Secrets that a resource names is to be read again. */
export const secretsDueInMs = (webhook: IntercomWebhook, secrets: Pick<SecretReader, 'dueInMs'>): number =>
  secrets.dueInMs(
    webhook.metadata.namespace,
    secretKeys(webhook).map(({ name }) => name),
  );
