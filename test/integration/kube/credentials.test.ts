import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { temporaryFolder } from '#test/support/child.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  requestToken,
  SECRETS,
  serviceAccountConnection,
  soon,
  testKube,
} from '#test/support/kube.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { startTestMirror } from '#test/support/kube-mirror.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

/** A server of its own: it gets another certificate. */
let server: KubeApiserver;
beforeAll(async () => {
  server = await startKubeApiserver();
});
afterAll(() => server.close());

/** A kubeconfig whose token and authority are files beside it, to be replaced as the kubelet does. */
async function kubeconfig(token: string, ca: string) {
  const folder = temporaryFolder('credentials');
  const [file, tokenFile, caFile] = ['config', 'token', 'ca.crt'].map((name) => join(folder, name));
  const config = {
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: server.url, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'test', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  const write = (path: string | undefined, text: string) => writeFile(path ?? '', text);
  await Promise.all([write(file, JSON.stringify(config)), write(tokenFile, token), write(caFile, ca)]);
  return {
    file: file ?? '',
    replaceToken: (text: string) => write(tokenFile, text),
    replaceAuthority: (pem: string) => write(caFile, pem),
  };
}

it('goes on with a new token, without a list, when the one that it has is refused', async () => {
  const direct = await adminConnection(server.kubeconfig);
  let files: Awaited<ReturnType<typeof kubeconfig>> | undefined;
  let tokenPath = '';
  const copy = await startTestMirror({
    direct,
    watched: async ({ admin, namespace }) => {
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }];
      await serviceAccountConnection(direct, { kube: admin, namespace, rules });
      const secret = await admin.create(SECRETS, { metadata: { namespace, name: 'session' } }, soon());
      tokenPath = `/api/v1/namespaces/${namespace}/serviceaccounts/limited/token`;
      const { name, uid } = secret.metadata;
      files = await kubeconfig(await requestToken(direct, tokenPath, { name, uid }), server.ca);
      // Time stands still: only a refusal has the file read again.
      return kubeconfigConnection({ file: files.file, now: () => 0 });
    },
  });
  await copy.reflector.whenSynced();
  await copy.write('a', '1');
  await copy.settle();
  await copy.admin.delete(SECRETS, { namespace: copy.namespace, name: 'session' }, soon());
  // The API server remembers for 10 s that a token was good.
  await until(() => copy.failures().includes('unauthorized'), { describe: 'it to be refused', timeoutMs: 15_000 });
  await copy.write('a', '2');
  await files?.replaceToken(await requestToken(direct, tokenPath));
  await copy.settle();
  expect(copy.store.get(`${copy.namespace}/a`)).toMatchObject({ data: { value: '2' } });
  expect(new Set(copy.failures())).toEqual(new Set(['unauthorized']));
  expect(copy.lists()).toBe(1);
});

it('trusts no certificate of an authority that it does not know, and goes on when it is told of it', async () => {
  const files = await kubeconfig(server.token, server.ca);
  // Ten times as fast as it is, files that are read again after 10 s are so after one.
  const connection = await kubeconfigConnection({ file: files.file, now: () => performance.now() * 10 });
  const copy = await startTestMirror({ direct: connection, watched: connection });
  await copy.reflector.whenSynced();
  await copy.write('a', '1');
  await copy.settle();
  const authority = await server.restartWithNewCertificate();
  const call = testKube(connection).get(CONFIG_MAPS, { namespace: copy.namespace, name: 'a' }, soon());
  await expect(call).rejects.toMatchObject({ kind: 'unavailable', message: /certificate/ });
  const failures = copy.failures().length;
  await until(() => copy.failures().length > failures, { describe: 'a watch to be given up' });
  await files.replaceAuthority(authority);
  await until(() => copy.write('a', '2').then(() => true), { describe: 'a write', timeoutMs: 15_000, everyMs: 100 });
  await copy.settle();
  expect(copy.store.get(`${copy.namespace}/a`)).toMatchObject({ data: { value: '2' } });
  expect(copy.lists()).toBe(1);
});
