import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Local } from '#cli/local/up.ts';
import { DEAD_LETTER_HEADERS, STREAMS } from '#shared/contract.ts';
import { open } from '#shared/envelope.ts';
import { dedupId } from '#shared/notification.ts';

/** What was given up. */
export interface GivenUp {
  /** `<app_id>:<id>`; empty where it is not of ours. */
  readonly key: string;
  readonly reason: string;
  /** When it became a dead letter, in ms since 1970. */
  readonly atMs: number;
}

/** All dead letters of the installation. @throws Error when they cannot be read */
export async function readDeadLetters({ natsUrls }: Pick<Local, 'natsUrls'>): Promise<GivenUp[]> {
  const connection = await connect({ servers: [...natsUrls] });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(STREAMS.deadLetters);
    const letters: GivenUp[] = [];
    if (state.messages === 0) return letters;
    const consumer = await jetstream(connection).consumers.get(STREAMS.deadLetters, {
      deliver_policy: DeliverPolicy.All,
      headers_only: true,
    });
    for await (const { headers, info, seq } of await consumer.consume()) {
      const opened = open(headers);
      const key = opened.kind === 'foreign' ? '' : dedupId(opened.stored);
      const reason = headers?.get(DEAD_LETTER_HEADERS.reason) ?? '';
      letters.push({ key, reason, atMs: info.timestampNanos / 1e6 });
      if (seq >= state.last_seq) break;
    }
    return letters;
  } finally {
    await connection.close();
  }
}
