import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Logger } from '#shared/logger.ts';
import type { Clock } from './clock.ts';
import type { OperatorConfig } from './config.ts';
import { itself } from './controller/concerns.ts';
import { createController } from './controller/controller.ts';
import { createControllerMetrics } from './controller/metrics.ts';
import { startMirror } from './controller/mirror.ts';
import { createEventRecorder, type EventResult } from './events/recorder.ts';
import { INTERCOM_WEBHOOKS, withoutLastApplied } from './intercom-webhooks.ts';
import type { Connection } from './kube/connection.ts';
import { trackForbidden } from './kube/forbidden.ts';
import { createKube } from './kube/kube.ts';
import { createKubeMetrics } from './kube/metrics.ts';
import { keyOf, type ObjectKey } from './kube/store.ts';
import { campaign, type Leadership } from './leader/campaign.ts';
import { fence } from './leader/fence.ts';
import { createOperatorLog } from './log.ts';
import type { Problems } from './readiness.ts';
import { reconcile } from './reconcile.ts';

export interface Surroundings {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** A resource's pass goes on although it was to end; only the end of the process ends it. */
  readonly onStuck: (key: ObjectKey) => void;
}

export interface Operator {
  /** Leads whenever it may, as soon as it knows what there is; until the signal fires. @throws only by a fault of ours */
  run(signal: AbortSignal): Promise<void>;
  problems(): Problems;
  /** Ends watches and calls. */
  close(): Promise<void>;
}

/** Never changes over releases: it is who owns fields, and whose Events they are. */
const NAME = 'intercom-operator';

/** watches → stores → queue → reconcile, under a lease. Begins to watch at once. */
export function wire(config: OperatorConfig, { connection, clock, logger, registry, onStuck }: Surroundings): Operator {
  const { random } = Math;
  const date = () => new Date();
  const log = createOperatorLog(logger);
  const forbidden = trackForbidden();
  const kubeMetrics = createKubeMetrics(registry);
  const kube = createKube({
    connection,
    fieldManager: NAME,
    userAgent: NAME,
    random,
    onCall: (...call) => {
      kubeMetrics.onCall(...call);
      forbidden.onCall(...call);
    },
  });
  const controller = createController({
    keys: () => webhooks.store.list().map(({ metadata }) => keyOf(metadata)),
    clock,
    random,
    limits: { workers: config.WORKERS, resyncMs: config.RESYNC_MS },
    onOutcome: (end) => {
      metrics.onOutcome(end);
      log.outcome(end);
    },
    onStuck,
  });
  const metrics = createControllerMetrics(registry, () => controller.depth());
  const countIncident = kubeMetrics.onIncident(INTERCOM_WEBHOOKS);
  const logIncident = log.incident(INTERCOM_WEBHOOKS);
  const webhooks = startMirror({
    kube,
    resource: INTERCOM_WEBHOOKS,
    scope: config.WATCH_NAMESPACE === '' ? {} : { namespace: config.WATCH_NAMESPACE },
    indexes: {},
    concerns: itself,
    notify: (key) => controller.notify(key),
    trim: withoutLastApplied,
    clock,
    random,
    onIncident: (incident) => {
      countIncident(incident);
      logIncident(incident);
    },
  });
  kubeMetrics.track(webhooks.reflector);

  const lead = (leadership: Leadership): Promise<void> => {
    const writes = fence(kube, leadership);
    const reporter = { controller: `${INTERCOM_WEBHOOKS.group}/operator`, instance: config.POD_NAME };
    const onResult = (result: EventResult) => {
      metrics.onEvent(result);
      log.event(result);
    };
    const events = createEventRecorder({ kube: writes, reporter, clock, date, signal: leadership.signal, onResult });
    const deps = { webhooks: webhooks.store, kube: writes, events, date };
    return controller.lead(leadership, (key, { signal }) => reconcile(key, deps, signal));
  };

  return {
    run: async (signal) => {
      if (!(await isSyncedBefore(signal, webhooks.reflector.whenSynced()))) return;
      await campaign(
        {
          kube,
          ref: { namespace: connection.namespace, name: config.LEASE_NAME },
          identity: `${config.POD_NAME}/${randomUUID()}`,
          clock,
          date,
          random,
          onChange: (change) => {
            metrics.onLeadership(change);
            log.leadership(change);
          },
        },
        lead,
        signal,
      );
    },
    problems: () => ({ forbidden: forbidden.list(), mirrors: [webhooks.problem()] }),
    close: async () => {
      await webhooks.reflector.stop();
      kube.close();
    },
  };
}

/** A replica that knows nothing leaves the lease to one that does. */
async function isSyncedBefore(signal: AbortSignal, synced: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  signal.addEventListener('abort', () => resolve(false), { once: true });
  if (signal.aborted) return false;
  return Promise.race([synced.then(() => true), promise]);
}
