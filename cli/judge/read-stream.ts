import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Local } from '#cli/local/up.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { open } from '#shared/envelope.ts';
import { dedupId } from '#shared/notification.ts';
import type { StoredNotification } from './judge-stream.ts';

/** All that the events stream of the first webhook holds. @throws Error when that is not all, or not of ours */
export async function readStream({ natsUrls, webhooks }: Pick<Local, 'natsUrls' | 'webhooks'>) {
  const { namespace = '', name = '' } = webhooks[0]?.webhook.metadata ?? {};
  const stream = STREAMS.events(webhookToken(namespace, name));
  const connection = await connect({ servers: [...natsUrls] });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(stream);
    if (state.first_seq > 1 || state.num_deleted) throw new Error(`${stream} does not hold all that was stored`);
    const stored: StoredNotification[] = [];
    if (state.messages === 0) return stored;
    const consumer = await jetstream(connection).consumers.get(stream, {
      deliver_policy: DeliverPolicy.All,
      headers_only: true,
    });
    for await (const message of await consumer.consume()) {
      const opened = open(message.headers);
      if (opened.kind === 'foreign') throw new Error(`message ${message.seq} of ${stream}: ${opened.reason}`);
      const storedAtMs = message.info.timestampNanos / 1e6;
      stored.push({ key: dedupId(opened.stored), subject: opened.stored.key, seq: message.seq, storedAtMs });
      if (message.seq >= state.last_seq) break;
    }
    // Else what it has not read would count as not handled for the five minutes until the server forgets it.
    await consumer.delete();
    if (stored.length !== state.messages) throw new Error(`read ${stored.length} of ${state.messages} messages`);
    return stored;
  } finally {
    await connection.close();
  }
}
