import { intercomWebhookCrd } from '#operator/api/crd.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { startOperatorProcess } from '#test/support/operator-process.ts';
import { until } from '#test/support/until.ts';

const CRDS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};
const TIMEOUT_MS = 30_000;

export async function installCrd(kube: Kube): Promise<void> {
  await kube.apply(CRDS, intercomWebhookCrd(), { signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/** Two replicas of a bundled operator, of which the leader gets a signal. @returns seconds until the other leads */
export async function failoverSeconds(kubeconfig: string, program: string, signal: NodeJS.Signals): Promise<number> {
  const first = await startOperatorProcess(kubeconfig, { program });
  const describe = 'a replica to lead';
  try {
    await until(() => first.leads(), { describe, timeoutMs: TIMEOUT_MS });
    const second = await startOperatorProcess(kubeconfig, { program });
    try {
      const isReady = async () => (await second.ask('/readyz')).status === 200;
      await until(isReady, { describe: 'the other to be ready', timeoutMs: TIMEOUT_MS });
      const startMs = performance.now();
      process.kill(first.child.pid, signal);
      await until(() => second.leads(), { describe, timeoutMs: TIMEOUT_MS });
      return (performance.now() - startMs) / 1000;
    } finally {
      await second.child.close();
    }
  } finally {
    await first.child.close();
  }
}
