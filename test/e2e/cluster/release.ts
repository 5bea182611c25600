import { fileURLToPath } from 'node:url';
import { until } from '#test/support/until.ts';
import { helm, kubectl } from './facts.ts';

/** The chart installed as its documents say, with the defaults that a laptop can carry. */

export const CHART = fileURLToPath(new URL('../../../charts/intercom-operator', import.meta.url));
export const NAMESPACE = 'intercom-system';
export const RELEASE = 'intercom-operator';

export interface ReleaseOptions {
  readonly release?: string;
  readonly namespace?: string;
  readonly chart?: string;
  /** `key=value`, as for `--set`. */
  readonly set?: readonly string[];
}

/** Installs it, or brings what is installed to these values; returns when all of it is ready. */
export function install({ release = RELEASE, namespace = NAMESPACE, chart = CHART, set = [] }: ReleaseOptions = {}) {
  const values = set.flatMap((value) => ['--set', value]);
  const where = ['--namespace', namespace, '--create-namespace'];
  return helm(
    'upgrade',
    '--install',
    release,
    chart,
    ...where,
    '--reset-values',
    '--wait',
    '--timeout',
    '150s',
    ...values,
  );
}

/** The operator is needed until the last resource has gone. */
export async function uninstall({ release = RELEASE, namespace = NAMESPACE }: ReleaseOptions = {}): Promise<void> {
  await until(async () => (await webhooks()) === '', {
    describe: 'every IntercomWebhook to be gone',
    timeoutMs: 120_000,
    everyMs: 500,
  });
  await helm('uninstall', release, '--namespace', namespace, '--wait', '--timeout', '120s', '--ignore-not-found');
}

async function webhooks(): Promise<string> {
  const served = await kubectl('api-resources', '--api-group=intercom-operator.io', '--output=name');
  return served === '' ? '' : kubectl('get', 'icw', '--all-namespaces', '--output=name');
}

/** Removes what an uninstall keeps, so that the cluster is as new. */
export async function forget(): Promise<void> {
  await kubectl('delete', 'crd', 'intercomwebhooks.intercom-operator.io', '--ignore-not-found', '--timeout=60s');
  // With pods in it a namespace waits half of their longest grace period before it deletes what else it holds.
  await until(async () => (await kubectl('get', 'pods', '--namespace', NAMESPACE, '--output=name')) === '', {
    describe: `the pods of ${NAMESPACE} to be gone`,
    timeoutMs: 60_000,
    everyMs: 250,
  });
  await kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=60s');
}
