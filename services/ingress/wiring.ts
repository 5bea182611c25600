import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { type IngressEnv, SPOOL_DRAIN_MS } from '#shared/contract.ts';
import type { Stop } from '#shared/lifecycle.ts';
import type { Logger } from '#shared/logger.ts';
import { Drain } from './drain.ts';
import type { IngressMetrics } from './metrics.ts';
import { Refuge } from './refuge.ts';
import type { SpoolEvent } from './spool/event.ts';
import { Spool } from './spool/spool.ts';
import { SpoolRetention } from './spool-retention.ts';
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
  readonly spool: Spool;
  readonly metrics: IngressMetrics;
  readonly logger: Logger;
}

type SpoolSettings = Pick<IngressEnv, 'SPOOL_STORAGE' | 'EVENTS_RETENTION_MS'>;

export interface Wired {
  readonly store: JetStreamStore;
  /** To be called once, when the broker is reached; until then the spool takes everything. */
  readonly connected: (connection: NatsConnection) => void;
  readonly stops: Stop[];
}

/** Constructs what makes notifications durable, and how it ends. */
export function wire(config: SpoolSettings, { spool, metrics, logger }: WiringDeps): Wired {
  const refuge = new Refuge({
    spool,
    onKept: () => drain.wake(),
    onRefused: (reason) => metrics.spoolRefused.inc({ reason }),
  });
  const retention = new SpoolRetention({
    spool,
    retentionMs: config.EVENTS_RETENTION_MS,
    nowMs: Date.now,
    onExpired: (records) => metrics.spoolExpired.inc(records),
    logger,
  });
  const drain = new Drain({
    spool,
    expire: () => retention.expire(),
    onBrokerBack: () => refuge.brokerIsBack(),
    logger,
  });
  const store = new JetStreamStore({
    refuge,
    onGroup: (result) => metrics.publishGroups.inc({ result }),
  });
  const connected = (connection: NatsConnection) => {
    store.connected(connection);
    drain.connected(connection);
    void follow(connection, { store, drain });
  };
  const close = async () => {
    await drain.end();
    retention.end();
    sayWhatStays(spool, config.SPOOL_STORAGE, logger);
    await spool.close();
  };
  const stops = [emptied(drain, config.SPOOL_STORAGE), { name: 'spool closed', deadlineMs: 10_000, run: close }];
  return { store, connected, stops };
}

/** Tells both when the connection breaks and when it is back: what was sent before gets no answer any more. */
async function follow(connection: NatsConnection, parts: { store: JetStreamStore; drain: Drain }): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') {
      parts.store.disconnected();
      parts.drain.disconnected();
    } else if (type === 'reconnect') parts.drain.reconnected();
  }
}

/** Publishes what the spool still holds, as far as that is worth waiting for. */
function emptied(drain: Drain, storage: SpoolSettings['SPOOL_STORAGE']): Stop {
  const name = 'spool drained';
  switch (storage) {
    case 'Ephemeral':
      return { name, deadlineMs: SPOOL_DRAIN_MS.Ephemeral, run: () => drain.untilEmpty() };
    case 'Persistent': {
      // What is left then is no failure.
      const run = () => Promise.race([drain.untilEmpty(), delay(SPOOL_DRAIN_MS.Persistent)]);
      return { name, deadlineMs: SPOOL_DRAIN_MS.Persistent + 1_000, run };
    }
  }
}

function sayWhatStays(spool: Spool, storage: SpoolSettings['SPOOL_STORAGE'], logger: Logger): void {
  const { records, bytes } = spool.stats();
  if (records === 0) return;
  switch (storage) {
    case 'Ephemeral':
      return logger.error({ records, bytes }, 'ends with notifications in the spool: they are lost with the pod');
    case 'Persistent':
      return logger.warn({ records, bytes }, 'ends with notifications in the spool: the next start publishes them');
  }
}

function logEvent(event: SpoolEvent, logger: Logger): void {
  const { kind, ...facts } = event;
  logger.error('error' in event ? { ...facts, err: event.error } : facts, `spool: ${kind}`);
}
