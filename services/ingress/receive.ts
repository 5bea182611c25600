import { MsgHdrsImpl } from '@nats-io/transport-node';
import { DEAD_LETTER_HEADERS, FORMAT_VERSION, HEADERS, NO_HANDLER, SUBJECTS } from '#shared/contract.ts';
import { type Envelope, MSG_ID, seal } from '#shared/envelope.ts';
import { bodyDigest, readNotification } from '#shared/notification.ts';
import type { PutResult } from './publish-alone.ts';
import { type Refusal, type VerifiedBody, verify } from './signature.ts';

/** Everything that can become of a POST on the webhook's path whose body arrived. `answer.ts` says what is answered. */
export type Outcome =
  | { kind: 'stored'; topic: string; declared: boolean; isRedelivery: boolean; secretIndex: number }
  | { kind: 'other-workspace' }
  /** Without a secret where it was not signed. */
  | { kind: 'ping'; secretIndex: number | null }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'refused'; reason: Refusal }
  | { kind: 'too-large'; isSigned: boolean }
  | { kind: 'unavailable'; reason: UnavailableReason; error: Error };

/**
 * `not_stored`: broker and spool were asked, and neither took it. `waiting`: too much waits for them already. `receiving`:
 * its body had not come in full when too much was being received at once.
 */
export const UNAVAILABLE_REASONS = ['not_stored', 'waiting', 'receiving'] as const;
type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

export interface ReceiveDeps {
  readonly webhook: string;
  readonly topics: ReadonlySet<string>;
  /** Empty = any workspace. */
  readonly workspaces: ReadonlySet<string>;
  readonly deadLetterTtlMs: number;
  readonly secrets: () => readonly string[];
  /** What the broker takes at the moment, in bytes of body. */
  readonly maxStorableBytes: () => number;
  readonly nowMs: () => number;
}

/** What to do with a request: its outcome is known, or becomes what `stored` says once the envelope is durable. */
export type Verdict =
  | { kind: 'decided'; outcome: Outcome }
  | { kind: 'store'; envelope: Envelope; body: VerifiedBody; stored: Outcome };

/** bytes → verify → envelope. Nothing is parsed before its signature was checked, but a small unsigned ping. */
export function receive(body: Buffer, signature: string | string[] | undefined, deps: ReceiveDeps): Verdict {
  const verification = verify(body, signature, deps.secrets());
  if (verification.kind === 'refused') return decided(refuse(body, verification.reason));
  if (body.length > deps.maxStorableBytes()) return decided({ kind: 'too-large', isSigned: true });
  const reading = readNotification(verification.body);
  switch (reading.kind) {
    case 'ping':
      return decided({ kind: 'ping', secretIndex: verification.secretIndex });
    case 'unreadable': {
      const envelope = unreadable(verification.body, reading.reason, deps);
      const stored: Outcome = { kind: 'unreadable', reason: reading.reason };
      return { kind: 'store', envelope, body: verification.body, stored };
    }
    case 'notification': {
      const { notification } = reading;
      if (deps.workspaces.size > 0 && !deps.workspaces.has(notification.appId))
        return decided({ kind: 'other-workspace' });
      const envelope = seal(deps.webhook, notification, deps.nowMs());
      const stored: Outcome = {
        kind: 'stored',
        topic: notification.topic,
        declared: deps.topics.has(notification.topic),
        isRedelivery: notification.deliveryAttempts > 1,
        secretIndex: verification.secretIndex,
      };
      return { kind: 'store', envelope, body: verification.body, stored };
    }
  }
}

/** The outcome of a verdict's envelope, once the store has answered. */
export function settled(put: PutResult, stored: Outcome): Outcome {
  switch (put.kind) {
    case 'durable':
      return stored;
    case 'unavailable':
      return { kind: 'unavailable', reason: 'not_stored', error: put.error };
    case 'no-room':
      return { kind: 'unavailable', reason: 'waiting', error: put.error };
  }
}

const decided = (outcome: Outcome): Verdict => ({ kind: 'decided', outcome });

/** Whether Intercom signs its ping is not documented, so one without a signature is answered, and has no effect. */
function refuse(body: Buffer, reason: Refusal): Outcome {
  const isUnsignedPing = reason === 'missing' && body.length <= 4096 && readNotification(body).kind === 'ping';
  return isUnsignedPing ? { kind: 'ping', secretIndex: null } : { kind: 'refused', reason };
}

/** Signed, so Intercom's own, yet not a notification: kept as it came, for a person to look at. */
function unreadable(body: VerifiedBody, reason: string, deps: ReceiveDeps): Envelope {
  const msgId = `${deps.webhook}:${bodyDigest(body)}`;
  return {
    stream: 'dead-letters',
    subject: SUBJECTS.deadLetter(deps.webhook, NO_HANDLER, 'unreadable'),
    // In no order with anything.
    key: msgId,
    msgId,
    headers: MsgHdrsImpl.fromRecord({
      [MSG_ID]: [msgId],
      [HEADERS.version]: [String(FORMAT_VERSION)],
      [HEADERS.receivedAt]: [String(deps.nowMs())],
      [DEAD_LETTER_HEADERS.reason]: ['Unreadable'],
      [DEAD_LETTER_HEADERS.detail]: [reason],
      'Nats-TTL': [`${Math.max(1, Math.ceil(deps.deadLetterTtlMs / 1000))}s`],
    }),
  };
}
