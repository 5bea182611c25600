import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { HEADERS } from '#shared/contract.ts';
import type { Message } from '../message.ts';
import type { Held } from './runner.ts';

/** A message in its queue. */
export interface HeldMessage extends Held {
  readonly message: Message;
  /** Its body was not kept: it is asked for again when its turn comes. */
  readonly isHollow: boolean;
}

/** Bodies that wait, all keys together: beyond it only those are kept that are the first of their key. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const NO_BODY = new Uint8Array();

export interface Place {
  readonly partition: number;
  readonly generation: number;
  /** Bytes that are held already. */
  readonly heldBytes: number;
  /** Whether another of its key is before it. */
  readonly isBusy: (key: string) => boolean;
}

/** Pure. A key that was blocked for an hour may have thousands behind it: what they are is known, their bodies need not be here. */
export function hold(message: Message, { partition, generation, heldBytes, isBusy }: Place): HeldMessage {
  const key = message.headers?.get(HEADERS.key) ?? '';
  const isHollow = isBusy(key) && heldBytes + message.data.length > MAX_WAITING_BYTES;
  const held = isHollow ? { ...message, data: NO_BODY } : message;
  const ack = () => message.ack();
  return { key, partition, generation, bytes: held.data.length, message: held, isHollow, ack };
}

/**
 * The message with its body.
 * @returns null where the stream has it no more: its retention has ended
 * @throws what the client throws when the server does not answer
 */
export async function whole(
  { message, isHollow }: HeldMessage,
  { connection, stream }: { connection: NatsConnection; stream: string },
): Promise<Message | null> {
  if (!isHollow) return message;
  const { direct } = await jetstreamManager(connection, { checkAPI: false });
  const stored = await direct.getMessage(stream, { seq: message.seq });
  return stored === null ? null : { ...message, data: stored.data };
}
