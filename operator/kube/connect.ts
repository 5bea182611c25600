import type { Connection } from './connection.ts';
import { inClusterConnection } from './in-cluster.ts';

/** As variables of the environment name it. */
export interface Whereabouts {
  /** A file; empty = the cluster that we run in. */
  readonly KUBECONFIG: string;
  /** Set by the kubelet; empty outside of a pod. */
  readonly KUBERNETES_SERVICE_HOST: string;
  readonly KUBERNETES_SERVICE_PORT: string;
}

/**
 * @param now milliseconds of a clock that only goes forward
 * @throws Error where no API server is named, or the way in to it cannot be read
 */
export async function connect(at: Whereabouts, now: () => number): Promise<Connection> {
  if (at.KUBECONFIG !== '') {
    // A pod has none, and starts sooner without the parser of YAML.
    const { kubeconfigConnection } = await import('./kubeconfig.ts');
    return kubeconfigConnection({ file: at.KUBECONFIG, now });
  }
  if (at.KUBERNETES_SERVICE_HOST !== '') {
    return inClusterConnection({ host: at.KUBERNETES_SERVICE_HOST, port: at.KUBERNETES_SERVICE_PORT, now });
  }
  throw new Error('no API server is named: set KUBECONFIG, or run in a pod with a service account');
}
