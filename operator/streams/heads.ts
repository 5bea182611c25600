import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs, nanos } from '@nats-io/transport-node';

/** How long NATS may take for one step. */
const STEP_TIMEOUT_MS = 5_000;
/** Headers of so many messages are on their way at once: 64 KiB each at most, mostly less than one. */
const FETCH = 500;
const FETCH_EXPIRES_MS = 2_000;
/** The server forgets a reader that is not heard of for so long. */
const READER_INACTIVE_MS = 30_000;

/** A stored message without its body. */
export interface Head {
  readonly seq: number;
  readonly storedAtMs: number;
  readonly subject: string;
  readonly headers: MsgHdrs;
}

export interface HeadsRange {
  readonly stream: string;
  /** None = all. */
  readonly subjects: readonly string[];
  /** The first and the last sequence that is read. */
  readonly fromSeq: number;
  readonly throughSeq: number;
}

/**
 * What a stream holds, oldest first, a few hundred at a time, by a reader of the server's own that leaves the bodies out.
 * Nothing is acknowledged, so what gets lost on a broken connection does not come again: the numbers of the deliveries tell.
 * @throws Error rather than skip a message; and where NATS does not answer in 5 s, or it was aborted
 */
export async function* readHeads(
  manager: JetStreamManager,
  { stream, subjects, fromSeq, throughSeq }: HeadsRange,
  signal: AbortSignal,
): AsyncGenerator<readonly Head[], void, void> {
  const reader = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, fromSeq),
    filter_subjects: [...subjects],
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(READER_INACTIVE_MS),
  });
  const consumer = manager.jetstream().consumers.getConsumerFromInfo(reader);
  let delivered = 0;
  try {
    for (let left = reader.num_pending; left > 0; ) {
      const fetched = await consumer.fetch({ max_messages: Math.min(FETCH, left), expires: FETCH_EXPIRES_MS });
      const heads: Head[] = [];
      for await (const message of withDeadline(fetched, signal)) {
        delivered += 1;
        if (message.info.deliverySequence !== delivered) throw new Error(LOST);
        left = message.info.pending;
        if (message.seq <= throughSeq) heads.push(headOf(message));
        else left = 0;
      }
      if (heads.length > 0) yield heads;
      else if (left > 0) {
        // What was pending has been removed meanwhile, or expired.
        const { num_pending, delivered: sent } = await consumer.info();
        if (num_pending > 0 || sent.consumer_seq !== delivered) throw new Error(LOST);
        return;
      }
    }
  } finally {
    await manager.consumers.delete(stream, reader.name).catch(() => false);
  }
}

const LOST = 'messages got lost on the way from NATS: try again';

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

const headOf = ({ seq, subject, headers: found, info }: JsMsg): Head => ({
  seq,
  storedAtMs: Math.floor(info.timestampNanos / 1e6),
  subject,
  headers: found ?? headers(),
});
