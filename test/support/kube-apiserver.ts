import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
  /** etcd forgets every revision before its present one. */
  compact: () => Promise<void>;
  close: () => Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/**
 * Starts an etcd and a kube-apiserver on 127.0.0.1, with RBAC, service account tokens and the admission plugins that are
 * on by default but ServiceAccount, whose account `default` a controller would have to make. Nothing else of a cluster
 * is there: no pod runs, and nobody collects what lost its owner.
 * @throws Error with the end of the log when one of them does not start
 */
export async function startKubeApiserver(): Promise<KubeApiserver> {
  const startedAt = performance.now();
  const find = async (name: 'etcd' | 'kube-apiserver') =>
    (await resolveProgram(name, { env: process.env, onProgress: () => {} })).path;
  const [etcdPath, apiserverPath] = [await find('etcd'), await find('kube-apiserver')];
  const [etcdPort, port] = [await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const token = randomUUID();

  const etcd = await startEtcd(etcdPath, etcdUrl);
  const folder = temporaryFolder('kube-apiserver');
  let apiserver: Child;
  try {
    apiserver = await startChild({
      name: `kube-apiserver :${port}`,
      command: apiserverPath,
      folder,
      args: apiserverArguments({ folder, port, etcdUrl, token }),
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
    args: [
      `--data-dir=${join(folder, 'data')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    ready: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) })).ok,
  });
}

interface Facts {
  readonly folder: string;
  readonly port: number;
  readonly etcdUrl: string;
  readonly token: string;
}

function apiserverArguments({ folder, port, etcdUrl, token }: Facts): string[] {
  const keyFile = join(folder, 'service-account.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const tokenFile = join(folder, 'tokens.csv');
  writeFileSync(tokenFile, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // Makes its certificate there, and takes it again after a restart.
    `--cert-dir=${folder}`,
    `--token-auth-file=${tokenFile}`,
    '--authorization-mode=RBAC',
    '--anonymous-auth=false',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${keyFile}`,
    `--service-account-signing-key-file=${keyFile}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--disable-admission-plugins=ServiceAccount',
    // Compaction is a test's to ask for.
    '--etcd-compaction-interval=0',
    '--profiling=false',
  ];
}

/** The certificate file holds the server's own first, then that of the authority made for it. */
function authorityOf(folder: string): string {
  const chain = readFileSync(join(folder, 'apiserver.crt'), 'utf8');
  return chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g)?.at(-1) ?? '';
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

function writeKubeconfig(folder: string, { url, ca, token }: { url: string; ca: string; token: string }): string {
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  };
  // YAML contains JSON.
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
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
