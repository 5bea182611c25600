import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { Outbox } from './outbox.ts';

/** A message of the events stream, as pulled. The client keeps its own class for it to itself. */
export interface Message {
  readonly headers: MsgHdrs | undefined;
  readonly data: Uint8Array;
  /** Its place in the stream. */
  readonly seq: number;
  /** Counts what the consumer has sent, repetitions too, from 1. */
  readonly consumerSeq: number;
  readonly storedAtMs: number;
  /** Done with it, for good. */
  readonly ack: () => void;
  /** Gives it back, to come again after `delayMs`. */
  nak(delayMs?: number): void;
  /** It is still being worked on: begins its `ack_wait` anew. */
  working(): void;
}

/**
 * Reads the reply subject, where JetStream puts what it knows of a message (ADR-15):
 * `$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<time in ns>.<pending>…`, or the same
 * without domain and account. Null where it is no message of a consumer.
 */
export function readMessage({ reply = '', headers, data }: Msg, { connection, outbox }: Replies): Message | null {
  // Asked before it is split: else V8 throws away its compiled code whenever a request ends without a message.
  if (!reply.startsWith('$JS.ACK.')) return null;
  const tokens = reply.split('.');
  if (tokens.length < 9) return null;
  const shift = tokens.length === 9 ? 0 : 2;
  // Not by the client's message: it would keep the body for as long as there is something to acknowledge.
  const respond = (payload: string) => connection.publish(reply, payload);
  return {
    headers,
    data,
    seq: Number(tokens[5 + shift]),
    consumerSeq: Number(tokens[6 + shift]),
    storedAtMs: Math.floor(Number(tokens[7 + shift]) / 1e6),
    // Nobody waits for an ack: one that is lost only brings back a message whose claim says that it is done.
    ack: () => outbox.soon(() => respond('+ACK')),
    nak: (delayMs = 0) =>
      outbox.soon(() => respond(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: delayMs * 1e6 })}` : '-NAK')),
    working: () => respond('+WPI'),
  };
}

export interface Replies {
  readonly connection: NatsConnection;
  readonly outbox: Outbox;
}
