import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import type { Scene } from './scene.ts';

/** Of the drill's one webhook. */
export function eventsStream({ local }: Scene): string {
  const [target] = local.webhooks;
  const { namespace = 'default', name = '' } = target?.webhook.metadata ?? {};
  return STREAMS.events(webhookToken(namespace, name));
}

/** Connects to the servers themselves, whatever the processes were given. */
export async function withManager<T>(
  { local }: Scene,
  use: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
): Promise<T> {
  const connection: NatsConnection = await connect({
    servers: [...local.natsUrls],
    maxReconnectAttempts: -1,
    timeout: 2_000,
  });
  try {
    return await use(await jetstreamManager(connection, { timeout: 3_000 }));
  } finally {
    await connection.close();
  }
}
