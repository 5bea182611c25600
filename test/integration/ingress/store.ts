import type { NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createIngressMetrics } from '#services/ingress/metrics.ts';
import type { Spool } from '#services/ingress/spool/spool.ts';
import type { JetStreamStore } from '#services/ingress/store.ts';
import { openSpool, wire } from '#services/ingress/wiring.ts';
import { temporaryFolder } from '#test/support/child.ts';

const SILENT = pino({ level: 'silent' });
const SPOOL_BYTES = 64 * 1024 * 1024;
const SETTINGS = { SPOOL_STORAGE: 'Ephemeral', EVENTS_RETENTION_MS: 3_600_000 } as const;

export interface OpenStore {
  readonly store: JetStreamStore;
  readonly spool: Spool;
  /** How groups ended, as the metrics count them: `stored`, `in-doubt`. */
  groups: () => Promise<Record<string, number>>;
  /** Drains nothing more. */
  close: () => Promise<void>;
}

/** What makes notifications durable, as the ingress wires it, with a spool of its own. */
export async function openStore(connection: NatsConnection): Promise<OpenStore> {
  const spool = await openSpool({ folder: temporaryFolder('spool'), maxBytes: SPOOL_BYTES }, SILENT);
  const metrics = createIngressMetrics(new Registry(), () => spool.stats());
  const { store, connected, stops } = wire(SETTINGS, { spool, metrics, logger: SILENT });
  connected(connection);
  return {
    store,
    spool,
    groups: async () => {
      const { values } = await metrics.publishGroups.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
    },
    close: async () => stops.at(-1)?.run(),
  };
}
