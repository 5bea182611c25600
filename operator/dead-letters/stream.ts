import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '#shared/contract.ts';
import { type Head, readHeads } from '../streams/heads.ts';
import type { Letter } from './entry.ts';

/** How long NATS may take for one step. */
const STEP_TIMEOUT_MS = 5_000;

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
    heads: (range, signal) => lettersOf(manager, range, signal),
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

async function* lettersOf(
  manager: JetStreamManager,
  { subject, from, through }: Range,
  signal: AbortSignal,
): AsyncGenerator<Letter, void, void> {
  const range = { stream: STREAMS.deadLetters, subjects: [subject], fromSeq: from, throughSeq: through };
  for await (const heads of readHeads(manager, range, signal)) yield* heads.map(letterOf);
}

const letterOf = ({ seq, headers, ...head }: Head): Letter => ({
  ...head,
  sequence: seq,
  headers,
  bodyBytes: Number(headers.get('Nats-Msg-Size')),
});

/** Of JetStream's errors, the one that says that a stream is not there. */
export const isStreamMissing = (error: unknown): boolean => codeOf(error) === JetStreamApiCodes.StreamNotFound;

/** What it answers where it is asked to remove a message that is not there (`err_code`). */
const NO_SUCH_MESSAGE = 10_057;

function falseWhereGone(error: unknown): boolean {
  if (codeOf(error) === NO_SUCH_MESSAGE) return false;
  throw error;
}

const codeOf = (error: unknown): number | null => (error instanceof JetStreamApiError ? error.code : null);
