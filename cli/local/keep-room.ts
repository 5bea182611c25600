import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { desiredStreams, type StreamFacts } from '#operator/streams/desired.ts';
import { RoomKeeper, type RoomOutcome } from '#operator/streams/purge.ts';
import { pauses } from './pauses.ts';
import type { Local, LocalWebhook } from './up.ts';

const EVERY_MS = 10_000;

/** Only names are taken from what is made of them. */
const FACTS: StreamFacts = { clusterId: 'local', uid: 'local', replicas: 1, sharedMaxBytes: 1 };

/**
 * What the operator does in a cluster, for the installation on this machine: makes room in events streams that are nearly
 * full, until it is aborted. Never rejects.
 */
export async function keepRoom(local: Servers, print: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    const connection = await connect({
      servers: [...local.natsUrls],
      name: 'room',
      maxReconnectAttempts: -1,
      timeout: 2_000,
    });
    try {
      await keepOn(await jetstreamManager(connection, { checkAPI: false }), { local, print, signal });
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!signal.aborted) print(`no room is made in streams any more: ${String(error)}`);
  }
}

type Servers = Pick<Local, 'natsUrls'> & { readonly webhooks: readonly Pick<LocalWebhook, 'webhook'>[] };

async function keepOn(
  manager: JetStreamManager,
  { local, print, signal }: { local: Servers; print: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  const rooms = local.webhooks.map(({ webhook }) => {
    const { stream, of } = desiredStreams(webhook, FACTS).consumers;
    const names = of.map(({ durable_name }) => durable_name);
    return { stream, names, keeper: new RoomKeeper(manager, stream, Date.now) };
  });
  for await (const _ of pauses(EVERY_MS, signal)) {
    for (const { stream, names, keeper } of rooms) {
      const line = await keeper.keep(names).then(lineOf, (error: unknown) => `not looked at: ${String(error)}`);
      if (line !== null) print(`${stream}: ${line}`);
    }
  }
}

function lineOf(outcome: RoomOutcome): string | null {
  switch (outcome.kind) {
    case 'nothing':
      return null;
    case 'purged':
      return `nearly full, gave up ${outcome.messages} messages that everybody has acknowledged`;
    case 'full':
      return `nearly full, and nothing can be given up: ${outcome.reason}`;
  }
}
