import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { IntercomWebhookInput } from '#operator/api/v1alpha1.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.ts';
import { streamFacts } from './stream-facts.ts';
import { webhook } from './webhook.ts';

export const TOKEN = webhookToken('crm', 'support');

/** A nats-server that has what the operator makes for the webhook `support`, and a client of it for the test. */
export interface Broker {
  readonly server: NatsServer;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  close: () => Promise<void>;
}

export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly data: Buffer;
  readonly header: (name: string) => string;
}

export async function startBroker(
  spec: Partial<IntercomWebhookInput['spec']> = {},
  options: NatsServerOptions = {},
): Promise<Broker> {
  const server = await startNatsServer(options);
  // The time-out as in the processes: killed in the middle of a handshake, a server is not missed before it.
  const connection = await connect({
    servers: server.url,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    timeout: 2_000,
  });
  const outcome = await reconcileStreams(desiredStreams(webhook(spec), streamFacts()), connection);
  if (outcome.kind !== 'reconciled' || outcome.changes.refused.length > 0) {
    throw new Error(`streams are not there: ${JSON.stringify(outcome)}`);
  }
  const manager = await jetstreamManager(connection, { timeout: 2_000 });
  const close = async () => {
    await connection.close();
    await server.close();
  };
  return { server, connection, manager, close };
}

export const storedEvents = (broker: Broker): Promise<StoredMessage[]> => stored(broker, STREAMS.events(TOKEN));
export const storedDeadLetters = (broker: Broker): Promise<StoredMessage[]> => stored(broker, STREAMS.deadLetters);

/** Every message of a stream, in its order; for the few that a test stores. */
async function stored({ manager }: Broker, stream: string): Promise<StoredMessage[]> {
  const { state } = await manager.streams.info(stream);
  const found: StoredMessage[] = [];
  // An empty stream says 0.
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await manager.streams.getMessage(stream, { seq });
    if (message === null) continue;
    const { subject, data, header } = message;
    found.push({ subject, seq, data: Buffer.from(data), header: (name) => header.get(name) });
  }
  return found;
}
