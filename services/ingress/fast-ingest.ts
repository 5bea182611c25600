import type { Msg } from '@nats-io/transport-node';
import { readPubAck } from '#shared/pub-ack.ts';

/**
 * JetStream's fast ingest (nats-server ≥ 2.14): messages with such reply subjects are one batch with one PubAck. Gap mode
 * `fail`: the server takes none after the first that it refuses, so exactly 1…count are stored, or were before. The token
 * before the flow is the batch's id, whatever stands before it: one id for two publishers would mix their batches.
 */
export const MAX_GROUP = 400;

/** How many messages until the server reports progress; more than a group holds, for nobody would listen. */
const FLOW = 500;

const START = 0;
const APPEND = 1;
const COMMIT = 2;

/** @param index of `size`, from 0. A message alone is a plain publish, for a batch of one costs the server more */
export function replySubject(inbox: string, index: number, size: number): string {
  if (size === 1) return inbox;
  const operation = index === 0 ? START : index === size - 1 ? COMMIT : APPEND;
  return `${inbox}.${FLOW}.fail.${index + 1}.${operation}.$FI`;
}

/** `progress` says nothing yet. `in-doubt`: some may be stored, some not, and nothing tells which. */
export type GroupReply = 'progress' | 'stored' | 'in-doubt';

/** Reads one reply to a group. Only a PubAck that counts every message, without an error, means stored. */
export function readReply(reply: Pick<Msg, 'headers' | 'data'>, size: number): GroupReply {
  const ack = readPubAck(reply);
  switch (ack.kind) {
    case 'progress':
      return 'progress';
    case 'stored':
      return size === 1 || ack.count === size ? 'stored' : 'in-doubt';
    case 'refused':
      return 'in-doubt';
  }
}
