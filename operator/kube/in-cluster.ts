import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, rereading } from './connection.ts';

/** What Kubernetes puts into every pod that has a service account. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, as the kubelet sets them. */
  readonly host: string;
  readonly port: string;
  readonly folder?: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * The API server of the cluster we run in, as the pod's service account. Its token is bound to the pod and lives for an
 * hour, so it is read again and again; so is the certificate of the authority.
 * @throws Error where the files are not there
 */
export async function inClusterConnection(options: InClusterOptions): Promise<Connection> {
  const { host, port, now, folder = SERVICE_ACCOUNT_FOLDER } = options;
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const credentials = rereading(async () => {
    const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
    return { token: token.trim(), tls: { ca } };
  }, now);
  await credentials();
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: (await read('namespace')).trim(),
    credentials,
  };
}
