import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { CONFIG_MAPS, soon } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

/** What an API server cannot be brought to do at will, done by a server of a few lines. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', resourceVersion: '1' } };
const REF = { namespace: 'crm', name: 'a' };

const found: Answer = (_request, response) => response.end(JSON.stringify(OBJECT));
const refuse =
  (status: number, headers: Record<string, string> = {}, body: string = ''): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

/** Answers the calls in their order, the last answer again and again, and keeps what was asked. */
async function apiServer(...answers: Answer[]) {
  const asked: { line: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    asked.push({ line: `${method} ${url}`, authorization: headers.authorization });
    (answers[Math.min(asked.length, answers.length) - 1] ?? found)(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first\n');
  const kubeconfig = join(folder, 'config.yaml');
  await writeFile(
    kubeconfig,
    `current-context: test
contexts: [{ name: test, context: { cluster: test, user: test, namespace: crm } }]
clusters: [{ name: test, cluster: { server: "http://127.0.0.1:${port}/prefix" } }]
users: [{ name: test, user: { tokenFile: token } }]
`,
  );
  let nowMs = 0;
  const connection = await kubeconfigConnection({ file: kubeconfig, now: () => nowMs });
  const outcomes: string[] = [];
  const kube = createKube({
    connection,
    fieldManager: 'test',
    userAgent: 'test/1',
    random: () => 0,
    onCall: ({ verb }, result) => outcomes.push(`${verb} ${result}`),
  });
  onTestFinished(async () => {
    kube.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return {
    kube,
    kubeconfig,
    asked,
    outcomes,
    tokenFile,
    pass,
    get: (timeoutMs = 10_000) => kube.get(CONFIG_MAPS, REF, { ...soon(), timeoutMs }),
  };
}

describe('a call', () => {
  it('comes back after the pause that an overloaded API server asks for', async () => {
    const api = await apiServer(refuse(429, { 'retry-after': '1' }), refuse(503, { 'retry-after': '0' }), found);
    const startedMs = performance.now();
    expect(await api.get()).toMatchObject({ metadata: { uid: 'u' } });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    expect(api.asked.map(({ line }) => line)).toEqual(Array(3).fill('GET /prefix/api/v1/namespaces/crm/configmaps/a'));
    expect(api.outcomes).toEqual(['get ok']);
  });

  it('fails at once when the pause does not fit into its time, and says how long it would have been', async () => {
    const api = await apiServer(refuse(429, { 'retry-after': '30' }));
    await expect(api.get(1000)).rejects.toMatchObject({ kind: 'unavailable', status: 429, retryAfterMs: 30_000 });
    expect(api.asked).toHaveLength(1);
    expect(api.outcomes).toEqual(['get unavailable']);
  });

  it('is tried a bounded number of times', async () => {
    const api = await apiServer(refuse(429, { 'retry-after': '0' }));
    await expect(api.get()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(api.asked).toHaveLength(6);
  });

  it('is not repeated where the API server does not ask for it', async () => {
    const api = await apiServer(refuse(500, {}, 'etcd is ailing'));
    await expect(api.get()).rejects.toThrow('cannot get configmaps crm/a: unavailable: etcd is ailing');
    expect(api.asked).toHaveLength(1);
  });

  it('ends in time when nothing comes, or only half of it', async () => {
    const half: Answer = (_request, response) => response.writeHead(200).write('{"kind":');
    for (const answer of [() => {}, half]) {
      const api = await apiServer(answer);
      await expect(api.get(200)).rejects.toMatchObject({ kind: 'timed-out', message: /no answer within 200 ms$/ });
      expect(api.outcomes).toEqual(['get timed-out']);
    }
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const api = await apiServer(() => stop.abort(new Error('leadership lost')));
    await expect(api.kube.get(CONFIG_MAPS, REF, { signal: stop.signal })).rejects.toThrow('leadership lost');
    await expect(api.kube.get(CONFIG_MAPS, REF, { signal: stop.signal })).rejects.toThrow('leadership lost');
    expect(api.asked).toHaveLength(1);
  });

  it.each([
    ['breaks off', (_: IncomingMessage, response: ServerResponse) => void response.destroy(), 'unavailable'],
    ['is a page of a proxy', refuse(200, {}, '<html>'), 'unavailable'],
    ['says gone', refuse(410, {}, '{"kind":"Status","code":410,"reason":"Expired","message":"too old"}'), 'gone'],
    ['is a redirection', refuse(302, { location: 'http://127.0.0.1:1/' }), 'unavailable'],
  ])('fails with a kind when the answer %s', async (_case, answer, kind) => {
    const api = await apiServer(answer);
    await expect(api.get()).rejects.toMatchObject({ kind });
    expect(api.asked).toHaveLength(1);
  });
});

describe('a token', () => {
  it('is read again after a while, since it is replaced every hour', async () => {
    const api = await apiServer(found);
    await api.get();
    await writeFile(api.tokenFile, 'second\n');
    await api.get();
    api.pass(10_000);
    await api.get();
    expect(api.asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('is read again at once when it is refused, and the call succeeds', async () => {
    const api = await apiServer(refuse(401), found);
    await writeFile(api.tokenFile, 'second\n');
    expect(await api.get()).not.toBeNull();
    expect(api.asked.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it('that stays refused fails the call, once', async () => {
    const api = await apiServer(refuse(401));
    await expect(api.get()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(api.asked).toHaveLength(2);
  });

  it('is still known while its file is being replaced', async () => {
    const api = await apiServer(found);
    await rm(api.tokenFile);
    api.pass(10_000);
    expect(await api.get()).not.toBeNull();
  });

  it('does not go to a proxy that the environment names', async () => {
    const api = await apiServer(found);
    const proxy = 'http://127.0.0.1:1';
    const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: '' };
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', askOnce(api.kubeconfig)], { env });
    expect(stdout).toContain('found u');
    expect(api.asked).toHaveLength(1);
  });
});

const run = promisify(execFile);

const askOnce = (kubeconfig: string) => `
  import { createKube } from '#operator/kube/kube.ts';
  import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
  const connection = await kubeconfigConnection({ file: ${JSON.stringify(kubeconfig)}, now: () => 0 });
  const kube = createKube({ connection, fieldManager: 'test', userAgent: 'test', random: () => 0 });
  const resource = ${JSON.stringify(CONFIG_MAPS)};
  const found = await kube.get(resource, ${JSON.stringify(REF)}, { signal: AbortSignal.timeout(5000) });
  console.log('found', found.metadata.uid);
  kube.close();
`;
