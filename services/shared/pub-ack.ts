import type { Msg } from '@nats-io/transport-node';

/** What JetStream replies to a publish. */
export type PubAck =
  /** `count`: of a batch, the highest number dealt with, duplicates included; null where it was no batch. */
  | { kind: 'stored'; seq: number; count: number | null }
  /** `code`: JetStream's own (`err_code`), 0 where it gave none. */
  | { kind: 'refused'; code: number; reason: string }
  /** A batch goes on. */
  | { kind: 'progress' };

export const NOBODY_ANSWERS = 'nobody answers: the stream is missing, or has no leader';

/** Reads one reply. What is not understood counts as refused: nothing is known to be stored. */
export function readPubAck(reply: Pick<Msg, 'headers' | 'data'>): PubAck {
  if (reply.headers?.code === 503) return refused(NOBODY_ANSWERS);
  const { stream, seq, count, type, error } = parse(reply.data);
  if (type === 'ack') return { kind: 'progress' };
  if (error !== undefined) return refused(error.description ?? 'no reason given', error.err_code);
  if (type !== undefined || typeof stream !== 'string' || typeof seq !== 'number')
    return refused('reply not understood');
  return { kind: 'stored', seq, count: count ?? null };
}

const refused = (reason: string, code = 0): PubAck => ({ kind: 'refused', code, reason });

/** ADR-1 and, for `type` and `count`, ADR-50 of NATS; every field may be missing. */
interface Fields {
  readonly stream?: unknown;
  readonly seq?: unknown;
  readonly count?: number;
  readonly type?: unknown;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

function parse(data: Uint8Array): Fields {
  try {
    return (JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()) ?? {}) as Fields;
  } catch {
    return {};
  }
}
