import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  apiserverArguments,
  apiserverFiles,
  authorityOf,
  etcdArguments,
  kubeconfigText,
} from '#cli/dev/control-plane.ts';
import { freePort } from '#cli/local/free-port.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { type Child, startChild, temporaryFolder } from './child.ts';

export interface KubeApiserver {
  /** Of a user in `system:masters`. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  readonly etcdUrl: string;
  /** Process ids, the API server's first. */
  readonly pids: readonly number[];
  /** From nothing to ready. */
  readonly startedMs: number;
  /** The end of what both programs wrote. */
  log: () => string;
  kill: () => Promise<void>;
  /** Stops the API server where it stands, until `thaw`; returns when it answers no more. */
  freeze: () => Promise<void>;
  thaw: () => void;
  /** Ends it where it still runs, and starts it on the same port, certificate and etcd. */
  restart: () => Promise<void>;
  /** The same, with a certificate of an authority made anew. @returns that authority's certificate as PEM */
  restartWithNewCertificate: () => Promise<string>;
  /** etcd forgets every revision before its present one. */
  compact: () => Promise<void>;
  close: () => Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
/** It starts with two thirds of the CPU where it collects no garbage before it has so much of it. */
const UNCOLLECTED = { GOGC: 'off', GOMEMLIMIT: '768MiB' };

export interface KubeApiserverOptions {
  /** A file that gets a line for each request: who asked for what, and how it ended; see `audit-log.ts`. */
  readonly auditLog?: string;
}

/**
 * Starts an etcd and a kube-apiserver on 127.0.0.1. Nothing else of a cluster is there: no pod runs, and nobody collects
 * what lost its owner.
 * @throws Error with the end of the log when one of them does not start
 */
export async function startKubeApiserver({ auditLog }: KubeApiserverOptions = {}): Promise<KubeApiserver> {
  const startedAt = performance.now();
  const find = async (name: 'etcd' | 'kube-apiserver') =>
    (await resolveProgram(name, { env: process.env, onProgress: () => {} })).path;
  const [etcdPath, apiserverPath] = [await find('etcd'), await find('kube-apiserver')];
  const [etcdPort, port] = [await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const token = randomUUID();

  const etcd = await startEtcd(etcdPath, etcdUrl);
  const folder = temporaryFolder('kube-apiserver');
  for (const { path, content } of apiserverFiles(folder, [{ token, user: 'admin', group: 'system:masters' }])) {
    writeFileSync(path, content, { mode: 0o600 });
  }
  const audit = auditLog === undefined ? [] : auditArguments(folder, auditLog);
  let apiserver: Child;
  try {
    apiserver = await startChild({
      name: `kube-apiserver :${port}`,
      command: apiserverPath,
      folder,
      args: [...apiserverArguments({ folder, port, etcdUrl }), ...audit],
      env: { ...process.env, ...UNCOLLECTED },
      ready: () => isReady(port, token),
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
  } catch (error) {
    await etcd.close('SIGKILL');
    throw error;
  }

  const url = `https://127.0.0.1:${port}`;
  const ca = authorityOf(folder);
  return {
    kubeconfig: writeKubeconfig(folder, { url, ca, token }),
    url,
    port,
    token,
    ca,
    etcdUrl,
    get pids() {
      return [apiserver.pid, etcd.pid];
    },
    startedMs: Math.round(performance.now() - startedAt),
    log: () => `${etcd.log()}\n${apiserver.log()}`,
    kill: () => apiserver.stop('SIGKILL'),
    freeze: apiserver.freeze,
    thaw: apiserver.thaw,
    restart: apiserver.restart,
    restartWithNewCertificate: async () => {
      await apiserver.stop('SIGKILL');
      for (const file of ['apiserver.crt', 'apiserver.key']) rmSync(join(folder, file));
      await apiserver.restart();
      return authorityOf(folder);
    },
    compact: () => compact(etcdUrl),
    close: async () => {
      // It holds nothing that is not in etcd, and on SIGTERM it would wait for watches that are open.
      await apiserver.close('SIGKILL');
      await etcd.close('SIGKILL');
    },
  };
}

function startEtcd(command: string, url: string): Promise<Child> {
  const folder = temporaryFolder('etcd');
  return startChild({
    name: `etcd ${url}`,
    command,
    folder,
    args: etcdArguments(folder, url),
    ready: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) })).ok,
  });
}

/** Each request once, when it is answered; a watch, when it begins too. */
function auditArguments(folder: string, log: string): string[] {
  const file = join(folder, 'audit-policy.json');
  const rules = [{ level: 'Metadata' }];
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules };
  writeFileSync(file, JSON.stringify(policy));
  return [`--audit-policy-file=${file}`, `--audit-log-path=${log}`];
}

/** Before the authority is known, so without it: this asks one port of loopback, with a token made for it alone. */
async function isReady(port: number, token: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  request(
    {
      host: '127.0.0.1',
      port,
      path: '/readyz?verbose',
      headers: { authorization: `Bearer ${token}` },
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(2000),
    },
    (response) => {
      text(response).then((said) => {
        if (response.statusCode === 200) resolve(true);
        else
          reject(
            new Error(
              said
                .split('\n')
                .filter((line) => line.startsWith('[-]'))
                .join(' '),
            ),
          );
      }, reject);
    },
  )
    .on('error', reject)
    .end();
  return promise;
}

function writeKubeconfig(folder: string, facts: { url: string; ca: string; token: string }): string {
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, kubeconfigText(facts), { mode: 0o600 });
  return file;
}

/** Through etcd's JSON gateway. */
async function compact(etcdUrl: string): Promise<void> {
  const ask = async (path: string, body: object) => {
    const response = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as { header?: { revision: string } };
    if (!response.ok) throw new Error(`etcd ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const { header } = await ask('range', { key: Buffer.from('/').toString('base64') });
  await ask('compaction', { revision: header?.revision, physical: true });
}
