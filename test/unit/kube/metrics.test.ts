import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { KubeError } from '#operator/kube/kube-error.ts';
import { createKubeMetrics } from '#operator/kube/metrics.ts';
import type { Resource } from '#operator/kube/resource.ts';

const DEPLOYMENTS: Resource = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' };

it('counts calls, lists and restarts by resource and reason, and tells the silence', async () => {
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  const onIncident = metrics.onIncident(DEPLOYMENTS);
  const error = new KubeError('gone', { verb: 'watch', resource: DEPLOYMENTS }, 'too old');
  onIncident({ kind: 'listed', objects: 3, durationMs: 20 });
  onIncident({ kind: 'ended', livedMs: 50_000 });
  onIncident({ kind: 'failed', during: 'watch', failure: 'gone', error });
  onIncident({ kind: 'failed', during: 'list', failure: 'unavailable', error });
  metrics.onCall({ verb: 'apply', resource: DEPLOYMENTS }, 'conflict', 0.02);
  metrics.track({
    resource: DEPLOYMENTS,
    whenSynced: () => Promise.resolve(),
    silentMs: () => 1500,
    isDeaf: () => false,
    stop: () => Promise.resolve(),
  });
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'intercom_operator_watch_relists_total{resource="deployments.apps"} 1',
      'intercom_operator_watch_restarts_total{resource="deployments.apps",reason="ended"} 1',
      'intercom_operator_watch_restarts_total{resource="deployments.apps",reason="gone"} 1',
      'intercom_operator_watch_list_failures_total{resource="deployments.apps",reason="unavailable"} 1',
      'intercom_operator_watch_silent_seconds{resource="deployments.apps"} 1.5',
      'intercom_operator_kube_call_seconds_count{verb="apply",resource="deployments.apps",result="conflict"} 1',
    ]),
  );
});
