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

/** Bodies that are held, all keys together. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
const NO_BODY = new Uint8Array();

export interface Place {
  readonly partition: number;
  readonly generation: number;
  /** Bytes that are held already. */
  readonly heldBytes: number;
}

/**
 * Pure. Thousands may wait, behind one of their key or each for its retry: what they are is known, their bodies need not
 * be here. A body that is kept is a copy: as it came it is a part of all that came with it, and would keep that.
 */
export function hold(message: Message, { partition, generation, heldBytes }: Place): HeldMessage {
  const key = message.headers?.get(HEADERS.key) ?? '';
  const isHollow = heldBytes + message.data.length > MAX_HELD_BYTES;
  const held = { ...message, data: isHollow ? NO_BODY : message.data.slice() };
  const { ack } = message;
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
  // In a stream that was made anew the number is another's.
  if (stored === null || stored.header.get(HEADERS.id) !== message.headers?.get(HEADERS.id)) return null;
  return { ...message, data: stored.data };
}
