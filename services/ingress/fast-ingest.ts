import type { Msg } from '@nats-io/transport-node';

/**
 * JetStream's fast ingest (nats-server ≥ 2.14): messages with such reply subjects are one batch with one PubAck. Gap mode
 * `fail`: the server takes none after the first that it refuses, so exactly 1…count are stored, or were before.
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
export type GroupReply = { kind: 'progress' } | { kind: 'stored' } | { kind: 'in-doubt'; reason: string };

/**
 * Reads one reply to a group. Only a PubAck that counts every message, without an error, means stored; `count` is the
 * highest number dealt with, duplicates included.
 */
export function readReply(reply: Pick<Msg, 'headers' | 'data'>, size: number): GroupReply {
  if (reply.headers?.hasError === true) return inDoubt(reply.headers.status);
  const text = Buffer.from(reply.data.buffer, reply.data.byteOffset, reply.data.byteLength).toString('latin1');
  const { stream, count, type, error } = parse(text);
  if (type === 'ack') return { kind: 'progress' };
  if (error !== undefined) return inDoubt(error.description ?? 'refused');
  if (type !== undefined || stream === undefined) return inDoubt(`unexpected reply ${type ?? ''}`);
  if (size > 1 && count !== size) return inDoubt(`${count ?? 0} of ${size} dealt with`);
  return { kind: 'stored' };
}

const inDoubt = (reason: string): GroupReply => ({ kind: 'in-doubt', reason });

interface Fields {
  readonly stream?: string;
  readonly count?: number;
  readonly type?: string;
  readonly error?: { readonly description?: string };
}

function parse(text: string): Fields {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return {};
  }
}
