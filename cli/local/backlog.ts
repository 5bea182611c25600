import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import type { Local } from './up.ts';

export interface Backlog {
  /** Notifications that some handler is still to be done with: not delivered yet, under way, or waiting for a retry. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/** Asks JetStream, whose word it is: a message leaves a consumer only when its worker has acknowledged it. */
export async function openBacklog({ natsUrls, webhooks }: Pick<Local, 'natsUrls' | 'webhooks'>): Promise<Backlog> {
  const connection = await connect({
    servers: [...natsUrls],
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });
  const manager = await jetstreamManager(connection);
  const streams = webhooks.map(({ webhook: { metadata } }) =>
    STREAMS.events(webhookToken(metadata.namespace, metadata.name)),
  );
  return {
    async count() {
      let total = 0;
      for (const stream of streams) {
        for await (const consumer of manager.consumers.list(stream)) {
          total += consumer.num_pending + consumer.num_ack_pending;
        }
      }
      return total;
    },
    close: () => connection.close(),
  };
}
