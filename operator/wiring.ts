import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Logger } from '#shared/logger.ts';
import { createChildren } from './children-view.ts';
import type { Clock } from './clock.ts';
import type { OperatorConfig } from './config.ts';
import { createController } from './controller/controller.ts';
import { createControllerMetrics } from './controller/metrics.ts';
import { createEventRecorder, type EventResult } from './events/recorder.ts';
import { INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import type { Connection } from './kube/connection.ts';
import { trackForbidden } from './kube/forbidden.ts';
import { createKube, type Kube } from './kube/kube.ts';
import { createKubeMetrics } from './kube/metrics.ts';
import type { Resource } from './kube/resource.ts';
import { keyOf, type ObjectKey } from './kube/store.ts';
import { campaign, type Leadership } from './leader/campaign.ts';
import { fence } from './leader/fence.ts';
import { createOperatorLog } from './log.ts';
import { startMirrors } from './mirrors.ts';
import { acceptable } from './observe.ts';
import type { Problems } from './readiness.ts';
import { type Facts, reconcile } from './reconcile.ts';
import { createSecretReader } from './secrets.ts';
import { connectShared } from './shared-broker.ts';
import { createStreamsKeeper } from './streams/keeper.ts';
import { createSurvey } from './streams/survey.ts';

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
    keys: () => mirrors.webhooks.store.list().map(({ metadata }) => keyOf(metadata)),
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
  const mirrors = startMirrors({
    kube,
    namespace: config.WATCH_NAMESPACE,
    clock,
    random,
    notify: (key) => controller.notify(key),
    onChild: (child) => children.heard(child),
    onIncident: (resource) => {
      const tellAll = [kubeMetrics.onIncident(resource), log.incident(resource)];
      return (incident) => {
        for (const tell of tellAll) tell(incident);
      };
    },
  });
  const all = [mirrors.webhooks, ...mirrors.children];
  for (const { reflector } of all) kubeMetrics.track(reflector);
  const brokers = connectShared(
    {
      urls: config.NATS_URL,
      name: config.POD_NAME,
      onBack: () => {
        streams.forget();
        controller.retryAll();
      },
    },
    logger,
  );
  const streams = createStreamsKeeper(brokers, clock);
  const children = createChildren(
    mirrors.children.map(({ store }) => store),
    clock,
  );
  const secrets = createSecretReader({ kube, clock, random });
  const survey = createSurvey({
    webhooks: () => mirrors.webhooks.store.list().flatMap(acceptable),
    brokers,
    clock,
    onChange: (key) => controller.notify(key),
    onRoom: log.room,
    onFailure: log.survey,
  });
  let known: Facts | null = null;
  const facts = async (signal: AbortSignal): Promise<Facts> => {
    known ??= factsOf(config, await clusterId(kube, signal));
    return known;
  };

  const lead = async (leadership: Leadership): Promise<void> => {
    const writes = fence(kube, leadership);
    const reporter = { controller: `${INTERCOM_WEBHOOKS.group}/operator`, instance: config.POD_NAME };
    const onResult = (result: EventResult) => {
      metrics.onEvent(result);
      log.event(result);
    };
    const events = createEventRecorder({ kube: writes, reporter, clock, date, signal: leadership.signal, onResult });
    const deps = {
      kube: { ...writes, get: kube.get.bind(kube) },
      webhooks: mirrors.webhooks.store,
      children,
      secrets,
      brokers,
      streams,
      survey,
      events,
      date,
      facts,
    };
    const surveying = survey.run(leadership.signal);
    await controller.lead(leadership, (key, { signal }) => reconcile(key, deps, signal));
    await surveying;
  };

  return {
    run: async (signal) => {
      if (!(await isSyncedBefore(signal, Promise.all(all.map(({ reflector }) => reflector.whenSynced()))))) return;
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
    problems: () => ({ forbidden: forbidden.list(), mirrors: all.map((mirror) => mirror.problem()) }),
    close: async () => {
      await Promise.all(all.map(({ reflector }) => reflector.stop()));
      await brokers.close();
      kube.close();
    },
  };
}

/** A replica that knows nothing leaves the lease to one that does. */
async function isSyncedBefore(signal: AbortSignal, synced: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  signal.addEventListener('abort', () => resolve(false), { once: true });
  if (signal.aborted) return false;
  return Promise.race([synced.then(() => true), promise]);
}

/** Of another resource or another day they are the same. */
const factsOf = (config: OperatorConfig, cluster: string): Facts => {
  const redis = config.REDIS_URL === '' ? {} : { redisUrl: config.REDIS_URL };
  return {
    rendering: { image: config.IMAGE, natsUrls: config.NATS_URL, logLevel: config.LOG_LEVEL, ...redis },
    streams: {
      clusterId: cluster,
      replicas: config.STREAM_REPLICAS,
      sharedMaxBytes: config.SHARED_STREAM_BYTES,
      ...redis,
    },
  };
};

const NAMESPACES: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };

/** A cluster has no id of its own; this namespace lives as long as it does, and its uid is nobody else's. */
async function clusterId(kube: Pick<Kube, 'get'>, signal: AbortSignal): Promise<string> {
  const found = await kube.get(NAMESPACES, { name: 'kube-system' }, { signal });
  if (found === null) throw new Error('the namespace kube-system, whose uid stands for the cluster, is not there');
  return found.metadata.uid;
}
