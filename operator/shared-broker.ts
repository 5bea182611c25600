import type { NatsConnection } from '@nats-io/transport-node';
import { INBOXES } from '#shared/contract.ts';
import type { Logger } from '#shared/logger.ts';
import { closeNats, connectNats } from '#shared/nats.ts';
import type { Brokers } from './streams/keeper.ts';

/** One connection for all namespaces. */
export function connectShared(
  { urls, name, onBack }: { readonly urls: readonly string[]; readonly name: string; readonly onBack: () => void },
  logger: Logger,
): Brokers & { close(): Promise<void> } {
  let connection: NatsConnection | null = null;
  let isConnected = false;
  const follow = async (to: NatsConnection): Promise<void> => {
    for await (const { type } of to.status()) {
      if (type === 'disconnect') isConnected = false;
      if (type === 'reconnect') {
        isConnected = true;
        onBack();
      }
    }
  };
  void connectNats({ urls, name, credsFile: '', inboxPrefix: INBOXES.operator }, logger).then((to) => {
    connection = to;
    isConnected = true;
    void follow(to);
    onBack();
  });
  return {
    of: async () =>
      connection !== null && isConnected
        ? { kind: 'connected', connection }
        : { kind: 'away', message: `NATS is not reached at ${urls.join(', ')}` },
    close: async () => {
      if (connection !== null) await closeNats(connection);
    },
  };
}
