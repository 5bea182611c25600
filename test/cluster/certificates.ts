import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { execute } from '#cli/programs/execute.ts';
import { insideOf, type Place } from './place.ts';

const DAYS = '30';
const TIMEOUT_MS = 20_000;

/** Who logs in by a file of its own, `<name>.kubeconfig`: name to subject. */
const users = (node: string) => ({
  admin: '/O=system:masters/CN=admin',
  'kube-controller-manager': '/CN=system:kube-controller-manager',
  'kube-scheduler': '/CN=system:kube-scheduler',
  'kube-proxy': '/CN=system:kube-proxy',
  kubelet: `/O=system:nodes/CN=system:node:${node}`,
});

/** Makes one authority, whatever the API server needs of it, and the kubeconfigs. Valid for a month. */
export async function writeCertificates(place: Place, openssl: string, path: string): Promise<void> {
  const { keys } = insideOf(place);
  const run = (...args: string[]) => execute(openssl, args, { cwd: keys, env: { PATH: path }, timeoutMs: TIMEOUT_MS });
  const key = (name: string) => run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);

  const certificate = async (name: string, subject: string, names: readonly string[] = []) => {
    await key(name);
    await run('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    const alternatives = names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`];
    await writeFile(join(keys, `${name}.ext`), ['extendedKeyUsage=clientAuth,serverAuth', ...alternatives].join('\n'));
    const serial = ['-set_serial', `0x${randomBytes(8).toString('hex')}`];
    const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', ...serial, '-days', DAYS, '-extfile', `${name}.ext`];
    await run('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`);
  };

  await Promise.all([key('ca'), key('service-account')]);
  await run('req', '-x509', '-new', '-key', 'ca.key', '-subj', `/CN=${place.name}`, '-days', DAYS, '-out', 'ca.crt');
  await Promise.all([
    certificate('kube-apiserver', '/CN=kube-apiserver', serverNames(place)),
    certificate('kubelet-client', '/O=system:masters/CN=kube-apiserver'),
    certificate('aggregator', '/CN=aggregator'),
    ...Object.entries(users(place.name)).map(async ([user, subject]) => {
      await certificate(user, subject);
      const read = async (file: string) => (await readFile(join(keys, file))).toString('base64');
      const login = {
        ca: await read('ca.crt'),
        certificate: await read(`${user}.crt`),
        key: await read(`${user}.key`),
      };
      const text = stringify(kubeconfigOf(place, user, login));
      await writeFile(join(place.folder, `${user}.kubeconfig`), text, { mode: 0o600 });
    }),
  ]);
}

const serverNames = ({ nodeAddress, apiAddress }: Place): string[] => [
  ...[nodeAddress, '127.0.0.1', apiAddress].map((address) => `IP:${address}`),
  ...[
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ].map((name) => `DNS:${name}`),
];

/** Files in base64. */
interface Login {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const kubeconfigOf = ({ name, nodeAddress }: Place, user: string, { ca, certificate, key }: Login) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': name,
  contexts: [{ name, context: { cluster: name, user } }],
  clusters: [{ name, cluster: { server: `https://${nodeAddress}:6443`, 'certificate-authority-data': ca } }],
  users: [{ name: user, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
});
