import { headers } from '@nats-io/transport-node';
import { DEAD_LETTER_HEADERS, FORMAT_VERSION, HEADERS, NO_HANDLER, SUBJECTS } from '#shared/contract.ts';
import { type Envelope, seal } from '#shared/envelope.ts';
import { bodyDigest, readNotification } from '#shared/notification.ts';
import { type Refusal, type VerifiedBody, verify } from './signature.ts';
import type { PutResult, Store } from './store.ts';

/** Everything that can become of a POST on the webhook's path whose body arrived. `answer.ts` says what is answered. */
export type Outcome =
  | { kind: 'stored'; declared: boolean; secretIndex: number }
  | { kind: 'other-workspace' }
  | { kind: 'ping'; signed: boolean }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'refused'; reason: Refusal }
  | { kind: 'too-large' }
  | { kind: 'unavailable'; error: Error };

export interface ReceiveDeps {
  readonly webhook: string;
  readonly topics: ReadonlySet<string>;
  /** Empty = any workspace. */
  readonly workspaces: ReadonlySet<string>;
  readonly deadLetterTtlMs: number;
  readonly secrets: () => readonly string[];
  /** What the broker takes at the moment, in bytes of body. */
  readonly maxStorableBytes: () => number;
  readonly store: Store;
  readonly nowMs: () => number;
}

/** bytes → verify → envelope → durable. Nothing is parsed before its signature was checked, but a small unsigned ping. */
export async function receive(
  body: Buffer,
  signature: string | string[] | undefined,
  deps: ReceiveDeps,
): Promise<Outcome> {
  const verification = verify(body, signature, deps.secrets());
  if (verification.kind === 'refused') return refuse(body, verification.reason);
  if (body.length > deps.maxStorableBytes()) return { kind: 'too-large' };
  const reading = readNotification(verification.body);
  switch (reading.kind) {
    case 'ping':
      return { kind: 'ping', signed: true };
    case 'unreadable': {
      const put = await deps.store.put(unreadable(verification.body, reading.reason, deps), verification.body);
      return settled(put, { kind: 'unreadable', reason: reading.reason });
    }
    case 'notification': {
      const { notification } = reading;
      if (deps.workspaces.size > 0 && !deps.workspaces.has(notification.appId)) return { kind: 'other-workspace' };
      const put = await deps.store.put(seal(deps.webhook, notification, deps.nowMs()), verification.body);
      const declared = deps.topics.has(notification.topic);
      return settled(put, { kind: 'stored', declared, secretIndex: verification.secretIndex });
    }
  }
}

const settled = (put: PutResult, outcome: Outcome): Outcome =>
  put.kind === 'durable' ? outcome : { kind: 'unavailable', error: put.error };

/** Whether Intercom signs its ping is not documented, so one without a signature is answered, and has no effect. */
function refuse(body: Buffer, reason: Refusal): Outcome {
  const isUnsignedPing = reason === 'missing' && body.length <= 4096 && readNotification(body).kind === 'ping';
  return isUnsignedPing ? { kind: 'ping', signed: false } : { kind: 'refused', reason };
}

/** Signed, so Intercom's own, yet not a notification: kept as it came, for a person to look at. */
function unreadable(body: VerifiedBody, reason: string, deps: ReceiveDeps): Envelope {
  const hdrs = headers();
  hdrs.set(HEADERS.version, String(FORMAT_VERSION));
  hdrs.set(HEADERS.receivedAt, String(deps.nowMs()));
  hdrs.set(DEAD_LETTER_HEADERS.reason, 'Unreadable');
  hdrs.set(DEAD_LETTER_HEADERS.detail, reason);
  hdrs.set('Nats-TTL', `${Math.max(1, Math.ceil(deps.deadLetterTtlMs / 1000))}s`);
  return {
    subject: SUBJECTS.deadLetter(deps.webhook, NO_HANDLER, 'unreadable'),
    msgId: `${deps.webhook}:${bodyDigest(body)}`,
    headers: hdrs,
  };
}
