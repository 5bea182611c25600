import { readdir } from 'node:fs/promises';
import { expect, it, type TestContext } from 'vitest';
import { guide } from '#cli/dev/guide.ts';
import { SECRETS } from '#operator/children.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { runMain } from '#test/support/command-line.ts';
import { isWebhook, manifestsOf } from '#test/support/examples.ts';
import { adminConnection, soon, testKube } from '#test/support/kube.ts';
import { descendants, isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/until.ts';

const UP = /^export KUBECONFIG=(\S+)$/m;
const namespace = 'default';
const at = { namespace, name: 'minimal' };

const start = async (context: TestContext) => {
  const running = await runMain(context, 'cli/dev/main.ts');
  let hasEnded = false;
  void running.ended.then(() => {
    hasEnded = true;
  });
  const kubeconfig = await until(() => (hasEnded ? 'none' : UP.exec(running.output())?.[1]), {
    describe: 'it to be up',
    timeoutMs: 90_000,
  }).catch((cause: unknown) => {
    throw new Error(`not up:\n${running.output().slice(-4_000)}`, { cause });
  });
  expect(hasEnded, running.output().slice(-4_000)).toBe(false);
  const kube = testKube(await adminConnection(kubeconfig));
  const write = async (change: object = {}) => {
    for (const manifest of [...manifestsOf('secrets.yaml'), ...manifestsOf('minimal.yaml')]) {
      const metadata = { ...manifest.metadata, namespace };
      if (isWebhook(manifest)) {
        const spec = { ...(manifest['spec'] as object), ...change };
        await kube.apply(INTERCOM_WEBHOOKS, { ...manifest, metadata, spec }, soon());
      } else await kube.apply(SECRETS, { ...manifest, metadata }, soon());
    }
  };
  const toBe = (type: string, reason: string) =>
    until(
      async () => {
        const webhook = await kube.get(INTERCOM_WEBHOOKS, at, soon());
        return webhook !== null && conditionsOf(webhook).some((each) => each.type === type && each.reason === reason);
      },
      { describe: `${type} to be ${reason}`, timeoutMs: 60_000 },
    );
  return { ...running, write, toBe, processes: () => descendants(running.child.pid ?? 0) };
};

it('make dev takes an example, starts what dies again, and leaves nothing behind', {
  timeout: 240_000,
}, async (context) => {
  const { child, ended, folder, output, processes, write, toBe } = await start(context);
  await write();
  await toBe('SecretsResolved', 'Resolved');
  await toBe('StreamsReady', 'Reconciled');
  await toBe('HandlersAvailable', 'Unavailable');

  const before = processes();
  expect(before).toHaveLength(4);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  for (const name of ['etcd', 'kube-apiserver', 'nats', 'operator']) {
    await until(() => output().includes(`· ${name} ended (SIGKILL), starting again`), { describe: `${name} to end` });
  }
  await until(() => write({ suspend: true }).then(() => true), { describe: 'the API server', timeoutMs: 60_000 });
  await toBe('HandlersAvailable', 'Suspended');

  const all = processes();
  expect(all).toHaveLength(4);
  child.kill('SIGTERM');
  expect(await ended, output()).toBe(0);
  expect(all.filter(isAlive)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

it.for(['SIGINT', 'SIGTERM'] as const)(
  'make dev leaves nothing behind on %s while it starts',
  async (signal, context) => {
    const { child, ended, folder, output } = await runMain(context, 'cli/dev/main.ts');
    const processes = () => descendants(child.pid ?? 0);
    const started = await until(() => (processes().length >= 3 ? processes() : undefined), {
      describe: 'the servers to start',
      timeoutMs: 30_000,
    });
    child.kill(signal);
    expect(await ended, output()).toBe(130);
    expect(started.filter(isAlive)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  },
);

it('make dev says what to do without kubectl', () => {
  expect(guide('/somewhere/kubeconfig', false)).toContain('There is no kubectl on PATH');
  expect(guide('/somewhere/kubeconfig', true)).not.toContain('no kubectl');
});
