import { expect, it } from 'vitest';
import { Pod } from '#cli/local/pod.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

/** A pod of one process that only stays. */
async function startPod(exits: string[] = []): Promise<Pod> {
  const container = {
    name: 'main',
    argv: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    env: {},
    startup: null,
    readiness: null,
    ports: {},
  };
  const plan = { name: 'pod-0', labels: {}, files: [], containers: [container], graceMs: 2_000 };
  const pod = new Pod(plan, { onLine: () => undefined, onExit: (_container, how) => exits.push(how) });
  await pod.start(AbortSignal.timeout(10_000));
  await until(() => pod.pidOf('main') !== null, { describe: 'the process' });
  return pod;
}

it('a container that is held stays down until it is released', async () => {
  const exits: string[] = [];
  const pod = await startPod(exits);
  const [pid, release] = [pod.pidOf('main'), pod.hold('main')];
  process.kill(pid ?? 0, 'SIGKILL');
  await until(() => exits.length > 0, { describe: 'the end to be noticed' });
  // Not held, it would be back after a quarter of a second.
  await expect(until(() => pod.pidOf('main'), { describe: 'a restart', timeoutMs: 800 })).rejects.toThrow('a restart');
  release();
  expect(await until(() => pod.pidOf('main'), { describe: 'a restart' })).not.toBe(pid);
  expect(exits).toEqual(['SIGKILL']);
  await pod.stop();
});

it('a container that is held ends with its pod', async () => {
  const pod = await startPod();
  pod.hold('main');
  process.kill(pod.pidOf('main') ?? 0, 'SIGKILL');
  await until(() => pod.pidOf('main') === null, { describe: 'the end' });
  await pod.stop();
  expect(pod.pidOf('main')).toBeNull();
});

it('a pod that was stopped can be started again', async () => {
  const exits: string[] = [];
  const pod = await startPod(exits);
  const pid = pod.pidOf('main');
  await pod.stop();
  expect(pod.pidOf('main')).toBeNull();
  await pod.start(AbortSignal.timeout(10_000));
  expect(await until(() => pod.pidOf('main'), { describe: 'a process' })).not.toBe(pid);
  await until(() => pod.ready, { describe: 'the pod to be ready' });
  await pod.stop();
  expect(exits).toEqual([]);
});
