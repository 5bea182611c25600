import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { headers, type NatsConnection, nanos } from '@nats-io/transport-node';
import { STREAMS } from '#shared/contract.ts';
import type { Letter } from './entry.ts';

/** How long NATS may take for one step. */
const STEP_TIMEOUT_MS = 5_000;
/** Headers of so many letters are on their way at once: 64 KiB each at most, mostly less than one. */
const FETCH = 500;
const FETCH_EXPIRES_MS = 2_000;
/** The server forgets a reader that is not heard of for so long. */
const READER_INACTIVE_MS = 30_000;

export interface StoredLetter extends Letter {
  readonly body: Uint8Array;
}

/** Sequences, both included, and the subject that is read of them. */
export interface Range {
  readonly subject: string;
  readonly from: number;
  readonly through: number;
}

export interface DeadLetterStream {
  readonly manager: JetStreamManager;
  readonly js: JetStreamClient;
  /** First and last sequence that are there; the last is the one below the first where nothing is. */
  bounds(): Promise<{ first: number; last: number }>;
  /** The letters of a range, oldest first, without their bodies. */
  heads(range: Range, signal: AbortSignal): AsyncGenerator<Letter, void, void>;
  /** One letter with its body, or null where it is not there any more. As the stream's leader knows it. */
  read(sequence: number): Promise<StoredLetter | null>;
  /** @returns false where somebody else has removed it before */
  remove(sequence: number, how: { readonly overwrite: boolean }): Promise<boolean>;
}

/** Opens the stream that holds the dead letters of all webhooks. Every method throws an Error when NATS does not answer in 5 s. */
export async function openDeadLetterStream(connection: NatsConnection): Promise<DeadLetterStream> {
  const js = jetstream(connection, { timeout: STEP_TIMEOUT_MS });
  const manager = await jetstreamManager(connection, { timeout: STEP_TIMEOUT_MS, checkAPI: false });
  return {
    manager,
    js,
    bounds: async () => {
      const { state } = await manager.streams.info(STREAMS.deadLetters);
      return { first: state.first_seq, last: state.last_seq };
    },
    heads: (range, signal) => readHeads(manager, js, { range, signal }),
    read: async (sequence) => {
      const message = await manager.streams.getMessage(STREAMS.deadLetters, { seq: sequence });
      if (message === null) return null;
      const { subject, data, header, time } = message;
      return {
        sequence,
        storedAtMs: time.getTime(),
        subject,
        headers: header,
        bodyBytes: data.length,
        body: data,
      };
    },
    remove: (sequence, { overwrite }) =>
      manager.streams.deleteMessage(STREAMS.deadLetters, sequence, overwrite).catch(falseWhereGone),
  };
}

/**
 * A reader of the server's own, which leaves the bodies out. Nothing is acknowledged, so what gets lost on a broken
 * connection does not come again: the numbers of the deliveries tell, and then reading fails rather than skip a letter.
 */
async function* readHeads(
  manager: JetStreamManager,
  js: JetStreamClient,
  { range, signal }: { range: Range; signal: AbortSignal },
): AsyncGenerator<Letter, void, void> {
  const reader = await manager.consumers.add(STREAMS.deadLetters, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, range.from),
    filter_subjects: [range.subject],
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(READER_INACTIVE_MS),
  });
  const consumer = js.consumers.getConsumerFromInfo(reader);
  let delivered = 0;
  try {
    for (let left = reader.num_pending; left > 0; ) {
      const before = delivered;
      const messages = await consumer.fetch({ max_messages: Math.min(FETCH, left), expires: FETCH_EXPIRES_MS });
      for await (const message of withDeadline(messages, signal)) {
        delivered += 1;
        if (message.info.deliverySequence !== delivered) throw new Error(LOST);
        if (message.seq > range.through) return;
        left = message.info.pending;
        yield headOf(message);
      }
      if (delivered === before) {
        // What was pending has been removed meanwhile, or expired.
        const { num_pending, delivered: sent } = await consumer.info();
        if (num_pending > 0 || sent.consumer_seq !== delivered) throw new Error(LOST);
        return;
      }
    }
  } finally {
    await manager.consumers.delete(STREAMS.deadLetters, reader.name).catch(() => false);
  }
}

const LOST = 'letters got lost on the way from NATS: try again';

async function* withDeadline(messages: ConsumerMessages, signal: AbortSignal): AsyncGenerator<JsMsg, void, void> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(STEP_TIMEOUT_MS)]);
  const stop = () => messages.stop(new Error(signal.aborted ? stoppedBy(signal) : 'NATS does not answer'));
  end.addEventListener('abort', stop, { once: true });
  try {
    if (end.aborted) stop();
    yield* messages;
  } finally {
    end.removeEventListener('abort', stop);
    await messages.close();
  }
}

const stoppedBy = ({ reason }: AbortSignal): string =>
  reason instanceof Error && reason.name === 'TimeoutError' ? 'it took too long: ask for less' : 'reading was stopped';

function headOf(message: JsMsg): Letter {
  const hdrs = message.headers ?? headers();
  return {
    sequence: message.seq,
    storedAtMs: Math.floor(message.info.timestampNanos / 1e6),
    subject: message.subject,
    headers: hdrs,
    bodyBytes: Number(hdrs.get('Nats-Msg-Size')),
  };
}

/** Of JetStream's errors, the one that says that a stream is not there. */
export const isStreamMissing = (error: unknown): boolean => codeOf(error) === JetStreamApiCodes.StreamNotFound;

/** What it answers where it is asked to remove a message that is not there (`err_code`). */
const NO_SUCH_MESSAGE = 10_057;

function falseWhereGone(error: unknown): boolean {
  if (codeOf(error) === NO_SUCH_MESSAGE) return false;
  throw error;
}

const codeOf = (error: unknown): number | null => (error instanceof JetStreamApiError ? error.code : null);
