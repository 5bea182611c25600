import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS } from '#shared/contract.ts';
import type { Desired } from './desired.ts';
import { hasSameOwner } from './differences.ts';
import { orNull } from './not-found.ts';

/**
 * Deletes what a resource alone has in NATS, and what is its own in the streams that it shares; not what belongs to
 * somebody else. A second run finds nothing to do.
 * @throws what the client throws when the server cannot be reached in time
 */
export async function removeStreams(webhook: string, desired: Desired, connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const wanted of desired.streams) {
    const found = await orNull(async () => (await manager.streams.info(wanted.name)).config);
    if (found === null || !hasSameOwner({ ...wanted }, { ...found })) continue;
    switch (wanted.name) {
      case STREAMS.deadLetters:
        await manager.streams.purge(wanted.name, { filter: SUBJECTS.deadLettersOfWebhook(webhook) });
        break;
      case STREAMS.effects:
        await manager.streams.purge(wanted.name, { filter: SUBJECTS.effectsOfWebhook(webhook) });
        break;
      default:
        await manager.streams.delete(wanted.name);
    }
  }
}
