import { fileURLToPath } from 'node:url';
import { freePort } from '#cli/local/free-port.ts';
import type { LocalPod } from '#cli/local/plan.ts';
import type { OperatorConfig } from '#operator/config.ts';

const MAIN = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

export interface OperatorFacts {
  readonly kubeconfig: string;
  readonly natsUrls: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The operator from its sources, as a pod among the others. */
export async function operatorPod({ kubeconfig, natsUrls, env }: OperatorFacts): Promise<LocalPod> {
  const port = await freePort();
  const settings: Partial<Record<keyof OperatorConfig, string>> = {
    POD_NAME: 'operator',
    HOST: '127.0.0.1',
    INNER_PORT: String(port),
    KUBECONFIG: kubeconfig,
    NATS_URL: natsUrls.join(','),
    // Nothing here runs it.
    IMAGE: 'intercom-operator:dev',
  };
  return {
    name: 'operator',
    // What has labels ends before the servers do.
    labels: { app: 'operator' },
    files: [],
    containers: [
      {
        name: 'operator',
        argv: [process.execPath, MAIN],
        env: { PATH: env['PATH'] ?? '', ...settings },
        startup: { port, path: '/livez' },
        readiness: { port, path: '/readyz' },
        ports: {},
      },
    ],
    graceMs: 12_000,
  };
}
