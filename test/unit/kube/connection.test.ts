import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inClusterConnection } from '#operator/kube/in-cluster.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

describe('inClusterConnection', () => {
  const files = { token: 'first\n', 'ca.crt': 'PEM 1', namespace: 'intercom-system\n' };

  it('follows the files as the kubelet replaces them', async () => {
    const folder = await folderWith(files);
    let nowMs = 0;
    const connection = await inClusterConnection({ host: '10.0.0.1', port: '443', folder, now: () => nowMs });
    expect([connection.server.href, connection.namespace]).toEqual(['https://10.0.0.1/', 'intercom-system']);
    expect(await connection.credentials()).toEqual({ token: 'first', tls: { ca: 'PEM 1' } });
    await writeFile(join(folder, 'token'), 'second');
    await writeFile(join(folder, 'ca.crt'), 'PEM 2');
    nowMs = 9_999;
    expect(await connection.credentials()).toMatchObject({ token: 'first' });
    nowMs = 10_000;
    expect(await connection.credentials()).toEqual({ token: 'second', tls: { ca: 'PEM 2' } });
  });

  it('takes an address of IPv6', async () => {
    const folder = await folderWith(files);
    const connection = await inClusterConnection({ host: 'fd00::1', port: '6443', folder, now: () => 0 });
    expect(connection.server.href).toBe('https://[fd00::1]:6443/');
  });

  it('fails where there is no service account', async () => {
    const folder = await folderWith({ token: 'first' });
    await expect(inClusterConnection({ host: 'h', port: '1', folder, now: () => 0 })).rejects.toThrow('ca.crt');
  });
});

describe('kubeconfigConnection', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const open = async (config: object, files: Record<string, string> = {}, context?: string) => {
    const folder = await folderWith({ ...files, config: JSON.stringify(config) });
    const file = join(folder, 'config');
    return kubeconfigConnection({ file, now: () => 0, ...(context === undefined ? {} : { context }) });
  };
  const config = (user: object, cluster: object = {}) => ({
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'crm' } },
      { name: 'two', context: { cluster: 'c', user: 'v' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443', ...cluster } }],
    users: [
      { name: 'u', user },
      { name: 'v', user: { token: 'other' } },
    ],
  });

  it('takes certificates from the file itself and from files beside it', async () => {
    const connection = await open(
      config(
        { 'client-certificate-data': base64('CERT'), 'client-key': 'key.pem' },
        { 'certificate-authority': 'ca.pem', 'tls-server-name': 'kubernetes' },
      ),
      { 'key.pem': 'KEY', 'ca.pem': 'CA' },
    );
    expect(connection.namespace).toBe('crm');
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kubernetes' };
    expect(await connection.credentials()).toEqual({ tls });
  });

  it('verifies the server unless told not to', async () => {
    expect((await (await open(config({ token: 't' }))).credentials()).tls).toEqual({});
    const insecure = await open(config({ token: 't' }, { 'insecure-skip-tls-verify': true }));
    expect((await insecure.credentials()).tls).toEqual({ rejectUnauthorized: false });
  });

  it('takes the context asked for, and minds only what that uses', async () => {
    const connection = await open(config({ exec: { command: 'aws' } }), {}, 'two');
    expect(await connection.credentials()).toEqual({ token: 'other', tls: {} });
    expect(connection.namespace).toBe('default');
  });

  it.each([
    ['a login by program', config({ exec: { command: 'aws' } }), /user "u".*exec is not supported: use a token/s],
    ['a proxy', config({ token: 't' }, { 'proxy-url': 'http://p' }), /cluster "c".*a proxy is not supported/s],
    ['a context that is missing', { ...config({}), 'current-context': 'three' }, /context "three"/],
    ['something else', { kind: 'Pod' }, /current-context/],
  ])('refuses %s', async (_case, content, message) => {
    await expect(open(content)).rejects.toThrow(message);
  });
});
