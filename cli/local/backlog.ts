import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { request } from 'undici';
import { PATHS, STREAMS, webhookToken } from '#shared/contract.ts';
import type { LocalContainer } from './plan.ts';
import type { Local } from './up.ts';

export interface Backlog {
  /** Notifications that some handler is still to be done with: on a disk, not delivered yet, under way, or to be retried. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Asks those whose word it is: JetStream, where a message leaves a consumer only when its worker has acknowledged it, and
 * the spool of every ingress.
 */
export async function openBacklog({
  natsUrls,
  webhooks,
  pods,
}: Pick<Local, 'natsUrls' | 'webhooks' | 'pods'>): Promise<Backlog> {
  const connection = await connect({
    servers: [...natsUrls],
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    timeout: 2_000,
  });
  const manager = await jetstreamManager(connection);
  const streams = webhooks.map(({ webhook: { metadata } }) =>
    STREAMS.events(webhookToken(metadata.namespace, metadata.name)),
  );
  return {
    async count() {
      const ingresses = pods.flatMap(({ plan }) => plan.containers).filter(({ name }) => name === 'ingress');
      let total = sum(await Promise.all(ingresses.map(spooled)));
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

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** One that does not run, or starts again, says so when it does. */
async function spooled({ ports }: LocalContainer): Promise<number> {
  try {
    const { body } = await request(`http://127.0.0.1:${ports['inner']}${PATHS.metrics}`, { reset: true });
    return Number(/^intercom_ingress_spool_records\{[^}]*\} (\d+)$/m.exec(await body.text())?.[1] ?? 0);
  } catch {
    return 0;
  }
}
