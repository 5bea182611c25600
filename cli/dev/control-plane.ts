import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How an etcd and a kube-apiserver are started on loopback: for `make dev`, and for the tests. */

export const etcdArguments = (folder: string, url: string): string[] => [
  `--data-dir=${join(folder, 'data')}`,
  `--listen-client-urls=${url}`,
  `--advertise-client-urls=${url}`,
  '--listen-peer-urls=http://127.0.0.1:0',
  // What is in it lives no longer than we do.
  '--unsafe-no-fsync',
  '--log-level=warn',
];

export interface Login {
  readonly token: string;
  readonly user: string;
  /** `system:masters` may do everything. */
  readonly group?: string;
}

export interface StartFile {
  readonly path: string;
  readonly content: string;
}

const keyFile = (folder: string): string => join(folder, 'service-account.pem');
const tokenFile = (folder: string): string => join(folder, 'tokens.csv');

/** What a kube-apiserver reads from its folder when it starts. They are secrets. */
export function apiserverFiles(folder: string, logins: readonly Login[]): StartFile[] {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const lines = logins.map(({ token, user, group = '' }) => `${token},${user},${user},${group}\n`);
  return [
    { path: keyFile(folder), content: privateKey.export({ type: 'sec1', format: 'pem' }) },
    { path: tokenFile(folder), content: lines.join('') },
  ];
}

export interface ApiserverFacts {
  readonly folder: string;
  readonly port: number;
  readonly etcdUrl: string;
}

/**
 * With RBAC, service account tokens and the admission plugins that are on by default but ServiceAccount, whose account
 * `default` a controller would have to make.
 */
export const apiserverArguments = ({ folder, port, etcdUrl }: ApiserverFacts): string[] => [
  `--etcd-servers=${etcdUrl}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  // Makes its certificate there, and takes it again after a restart.
  `--cert-dir=${folder}`,
  `--token-auth-file=${tokenFile(folder)}`,
  '--authorization-mode=RBAC',
  '--anonymous-auth=false',
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${keyFile(folder)}`,
  `--service-account-signing-key-file=${keyFile(folder)}`,
  '--service-cluster-ip-range=10.0.0.0/16',
  '--disable-admission-plugins=ServiceAccount',
  // As OpenShift has it: who holds up an owner's deletion needs leave to.
  '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
  // Compaction is a test's to ask for.
  '--etcd-compaction-interval=0',
  '--profiling=false',
];

/**
 * PEM of the authority that signed the certificate of the kube-apiserver in this folder. Its file holds the server's own
 * first, then that of the authority made for it.
 * @throws Error where the server has not made it yet
 */
export function authorityOf(folder: string): string {
  const chain = readFileSync(join(folder, 'apiserver.crt'), 'utf8');
  return chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g)?.at(-1) ?? '';
}

export interface KubeconfigFacts {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  readonly namespace?: string;
}

/** The text of a kubeconfig with one context. */
export function kubeconfigText({ url, ca, token, namespace = 'default' }: KubeconfigFacts): string {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const name = 'local';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  };
  // YAML contains JSON.
  return JSON.stringify(config);
}
