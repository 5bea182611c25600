import type { NatsConnection } from '@nats-io/transport-node';
import { SPOOL_DRAIN_MS } from '#shared/contract.ts';
import type { Stop } from '#shared/lifecycle.ts';
import type { Logger } from '#shared/logger.ts';
import { Drain } from './drain.ts';
import type { IngressMetrics } from './metrics.ts';
import { Refuge } from './refuge.ts';
import type { SpoolEvent } from './spool/event.ts';
import { Spool } from './spool/spool.ts';
import { JetStreamStore } from './store.ts';

export interface SpoolConfig {
  readonly folder: string;
  readonly maxBytes: number;
}

/** @throws Error saying why the folder cannot be used */
export async function openSpool({ folder, maxBytes }: SpoolConfig, logger: Logger): Promise<Spool> {
  const opened = await Spool.open({ folder, maxBytes, onEvent: (event) => logEvent(event, logger) });
  switch (opened.kind) {
    case 'opened':
      logger.info({ folder, ...opened.found }, 'spool opened');
      return opened.spool;
    case 'taken':
      throw new Error(`the spool in ${folder} is in use by another process: each needs a folder of its own`);
    case 'unusable':
      throw new Error(`the spool in ${folder} cannot be used: ${opened.error.message}`, { cause: opened.error });
  }
}

export interface WiringDeps {
  readonly connection: NatsConnection;
  readonly spool: Spool;
  readonly metrics: IngressMetrics;
  readonly logger: Logger;
}

/** Constructs what makes notifications durable, and how it ends. What an earlier process left is drained at once. */
export function wire({ connection, spool, metrics, logger }: WiringDeps): { store: JetStreamStore; stops: Stop[] } {
  const refuge = new Refuge({
    spool,
    onKept: () => drain.wake(),
    onRefused: (reason) => metrics.spoolRefused.inc({ reason }),
  });
  const drain = new Drain({ connection, spool, onBrokerBack: () => refuge.brokerIsBack(), logger });
  const store = new JetStreamStore({
    connection,
    refuge,
    onGroup: (result) => metrics.publishGroups.inc({ result }),
  });
  drain.wake();
  const close = async () => {
    await drain.end();
    const { records, bytes } = spool.stats();
    if (records > 0)
      logger.error(
        { records, bytes },
        'ends with notifications in the spool: a pod without a volume of its own loses them',
      );
    await spool.close();
  };
  const stops = [
    { name: 'spool drained', deadlineMs: SPOOL_DRAIN_MS, run: () => drain.untilEmpty() },
    { name: 'spool closed', deadlineMs: 10_000, run: close },
  ];
  return { store, stops };
}

function logEvent(event: SpoolEvent, logger: Logger): void {
  const { kind, ...facts } = event;
  logger.error('error' in event ? { ...facts, err: event.error } : facts, `spool: ${kind}`);
}
