import { MsgHdrsImpl } from '@nats-io/transport-node';
import type { PutResult } from '#services/ingress/publish-alone.ts';
import type { VerifiedBody } from '#services/ingress/signature.ts';
import type { Store } from '#services/ingress/store.ts';
import { type Envelope, MSG_ID } from '#shared/envelope.ts';

/** An envelope for the events stream with an id, and a body of some bytes. */
export const envelope = (subject: string, msgId: string): Envelope => {
  return { stream: 'events', subject, key: msgId, msgId, headers: MsgHdrsImpl.fromRecord({ [MSG_ID]: [msgId] }) };
};

export const bodyOf = (bytes: number): VerifiedBody => Buffer.alloc(bytes, ' ') as Buffer as VerifiedBody;

/** What became of it, as a promise. */
export const put = (store: Store, of: Envelope, body = bodyOf(2)): Promise<PutResult> => {
  const { promise, resolve } = Promise.withResolvers<PutResult>();
  store.put(of, body, resolve);
  return promise;
};
