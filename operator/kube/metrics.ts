import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { OnCall } from './caller.ts';
import type { Incident, Reflector } from './reflector.ts';
import { type Resource, titleOf } from './resource.ts';

export interface KubeMetrics {
  readonly onCall: OnCall;
  /** Counts what happens to the reflectors of a resource. */
  onIncident(resource: Resource): (incident: Incident) => void;
  /** From now on its silence is told. */
  track(reflector: Reflector): void;
}

/** Labels are resources, verbs and kinds of failure: sets that the code fixes. */
export function createKubeMetrics(registry: Registry): KubeMetrics {
  const registers = [registry];
  const reflectors = new Set<Reflector>();
  const calls = new Histogram({
    name: 'intercom_operator_kube_call_seconds',
    help: 'Duration of calls to the API server, watches excepted.',
    labelNames: ['verb', 'resource', 'result'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30],
    registers,
  });
  const restarts = new Counter({
    name: 'intercom_operator_watch_restarts_total',
    help: 'Watches that ended: as planned, or by a failure of this kind.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const relists = new Counter({
    name: 'intercom_operator_watch_relists_total',
    help: 'Times that everything was listed, the first included.',
    labelNames: ['resource'],
    registers,
  });
  const listFailures = new Counter({
    name: 'intercom_operator_watch_list_failures_total',
    help: 'Lists that failed and are tried again.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  void new Gauge({
    name: 'intercom_operator_watch_silent_seconds',
    help: 'Since the API server was heard on a watch or its list.',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const reflector of reflectors)
        this.set({ resource: titleOf(reflector.resource) }, reflector.silentMs() / 1000);
    },
  });
  return {
    onCall: ({ verb, resource }, result, seconds) =>
      calls.observe({ verb, resource: titleOf(resource), result }, seconds),
    onIncident: (of) => {
      const resource = titleOf(of);
      relists.inc({ resource }, 0);
      return (incident) => {
        switch (incident.kind) {
          case 'listed':
            return relists.inc({ resource });
          case 'unserved':
            return;
          case 'ended':
            return restarts.inc({ resource, reason: 'ended' });
          case 'failed':
            return (incident.during === 'list' ? listFailures : restarts).inc({ resource, reason: incident.failure });
        }
      };
    },
    track: (reflector) => void reflectors.add(reflector),
  };
}
