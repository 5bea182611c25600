import { randomUUID } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Logger } from '#shared/logger.ts';
import { createChildren } from './children-view.ts';
import type { Clock } from './clock.ts';
import type { OperatorConfig } from './config.ts';
import { createController } from './controller/controller.ts';
import { createControllerMetrics } from './controller/metrics.ts';
import { createEventRecorder, type EventResult } from './events/recorder.ts';
import { type Installed, install } from './installation.ts';
import { INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import type { Connection } from './kube/connection.ts';
import { FIELD_MANAGER } from './kube/field-owners.ts';
import { trackForbidden } from './kube/forbidden.ts';
import { createKube } from './kube/kube.ts';
import { createKubeMetrics } from './kube/metrics.ts';
import type { KubeObject } from './kube/resource.ts';
import { keyOf, type ObjectKey } from './kube/store.ts';
import { campaign, type Leadership } from './leader/campaign.ts';
import { fence, fenceBrokers } from './leader/fence.ts';
import { createOperatorLog } from './log.ts';
import { startMirrors } from './mirrors.ts';
import { createObservationMetrics } from './observations/metrics.ts';
import { createObservationReader } from './observations/reader.ts';
import { acceptable } from './observe.ts';
import { operatorName, otherOperatorOf } from './ownership.ts';
import type { Problems } from './readiness.ts';
import { countReceivers, targetsOf } from './receiver-pods.ts';
import { reconcile } from './reconcile.ts';
import { createSecretReader } from './secrets.ts';
import { createStreamsKeeper, type StreamsKeeper } from './streams/keeper.ts';
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

/** watches → stores → queue → reconcile, under a lease. Begins to watch at once. */
export function wire(config: OperatorConfig, { connection, clock, logger, registry, onStuck }: Surroundings): Operator {
  const { random } = Math;
  const date = () => new Date();
  const log = createOperatorLog(logger);
  const forbidden = trackForbidden(config.WATCH_NAMESPACES, connection.namespace);
  const kubeMetrics = createKubeMetrics(registry);
  const kube = createKube({
    connection,
    fieldManager: FIELD_MANAGER,
    userAgent: FIELD_MANAGER,
    random,
    onCall: (...call) => {
      kubeMetrics.onCall(...call);
      forbidden.onCall(...call);
    },
  });
  const self = operatorName(connection.namespace, config.LEASE_NAME);
  const isOurs = (object: KubeObject) => otherOperatorOf(object, self) === null;
  const keys = () => mirrors.webhooks.store.list().map(({ metadata }) => keyOf(metadata));
  const controller = createController({
    keys,
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
    namespaces: config.WATCH_NAMESPACES,
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
  const all = [mirrors.webhooks, mirrors.pods, ...mirrors.children];
  for (const { reflector } of all) kubeMetrics.track(reflector);
  const children = createChildren(
    mirrors.children.map(({ store }) => store),
    clock,
  );
  const secrets = createSecretReader({ kube, clock, random });
  const observations = createObservationReader({
    targets: () => targetsOf(mirrors.webhooks.store.list().filter(isOurs), mirrors.pods.store),
    clock,
    date,
    onChange: (key) => controller.notify(key),
    onRead: (fetched) => observationMetrics.onRead(fetched),
  });
  const observationMetrics = createObservationMetrics(registry, () => observations.unread());
  const onBack = (): void => {
    streams?.forget();
    controller.retryAll();
  };
  let installed: Installed | null = null;
  /** Of the term that runs. */
  let streams: StreamsKeeper | null = null;

  const lead = async (leadership: Leadership, own: Installed): Promise<void> => {
    const writes = fence(kube, leadership);
    const brokers = fenceBrokers(own.brokers, leadership);
    streams = createStreamsKeeper(brokers, clock);
    const reporter = { controller: `${INTERCOM_WEBHOOKS.group}/operator`, instance: config.POD_NAME };
    const onResult = (result: EventResult) => {
      metrics.onEvent(result);
      log.event(result);
    };
    const events = createEventRecorder({ kube: writes, reporter, clock, date, signal: leadership.signal, onResult });
    const survey = createSurvey({
      keys,
      find: (key) => {
        const object = mirrors.webhooks.store.get(key);
        return object !== null && isOurs(object) ? acceptable(object) : null;
      },
      brokers,
      clock,
      onChange: (key) => controller.notify(key),
      onRoom: (...room) => log.room(...room),
      onFailure: (...failure) => log.survey(...failure),
    });
    const deps = {
      kube: { ...writes, get: kube.get.bind(kube) },
      webhooks: mirrors.webhooks.store,
      hasGatewayApi: mirrors.hasGatewayApi,
      children,
      secrets,
      brokers,
      streams,
      survey,
      observations,
      receivers: (webhook: KubeObject) => countReceivers(webhook, mirrors.pods.store),
      events,
      date,
    };
    await Promise.all([
      controller.lead(leadership, (key, { signal }) => reconcile(key, { ...deps, facts: own.facts() }, signal)),
      survey.run(leadership.signal),
      observations.run(leadership.signal),
    ]);
  };

  return {
    run: async (signal) => {
      const synced = Promise.all(all.map(({ reflector }) => reflector.whenSynced()));
      const installing = install(
        config,
        {
          kube,
          namespace: connection.namespace,
          clock,
          onBack,
          onTrouble: (error) => log.trouble(error),
          onAuthoritiesTrouble: (error) => log.authorities(error),
        },
        signal,
      );
      const [isSynced, own] = await Promise.all([isSyncedBefore(signal, synced), installing]);
      if (!isSynced || own === null) return;
      installed = own;
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
        (leadership) => lead(leadership, own),
        signal,
      );
    },
    problems: () => ({ forbidden: forbidden.list(), mirrors: all.map((mirror) => mirror.problem()) }),
    close: async () => {
      await Promise.all(all.map(({ reflector }) => reflector.stop()));
      await installed?.brokers.close();
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
