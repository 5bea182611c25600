import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { kubectl } from './facts.ts';
import { killContainer, untilUnrouted } from './kill.ts';
import { expectKept, figure, underLoad } from './load.ts';
import { evict, isReady, type Pod, pods } from './objects.ts';
import { install, NAMESPACE } from './release.ts';
import { type Scene, startScene, untilReplaced } from './scene.ts';

beforeAll(() => install());

/** A hundred notifications a second, while somebody does to the cluster what people and nodes do. */
describe('under load', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
  });
  afterAll(() => scene.close());

  const expectNoError = (what: string, act: () => Promise<unknown>) => expectNoErrorIn(scene, what, act);

  test('a receiver is deleted: no error', async () => {
    await expectNoError('ingress pod deleted', async () => {
      const before = await scene.receivers();
      await deletePods(before.slice(0, 1));
      await untilReplaced(scene.receivers, before.slice(0, 1), before.length);
    });
  });

  test('each pod is evicted in turn: no error', async () => {
    await expectNoError('each pod evicted', async () => {
      const release = () => pods(NAMESPACE);
      for (const list of [scene.receivers, scene.workers, release]) {
        const all = await list();
        for (const pod of all) {
          await until(() => evict(pod), {
            describe: `leave to evict ${pod.metadata.name}`,
            timeoutMs: 60_000,
            everyMs: 500,
          });
          await untilReplaced(list, [pod], all.length);
        }
      }
    });
  });

  test('receiver and worker are rolled by a change of the resource: no error', async () => {
    await expectNoError('ingress and worker rolled', async () => {
      const before = [...(await scene.receivers()), ...(await scene.workers())];
      await scene.patch({
        receiver: { template: { annotations: { rolled: 'yes' } } },
        retention: { deadLetters: '337h', claims: '337h' },
      });
      const both = async () => [...(await scene.receivers()), ...(await scene.workers())];
      await untilReplaced(both, before, before.length);
      await scene.untilReady();
    });
  });

  test('NATS is asked to end, and then killed: no error', async () => {
    await expectNoError('NATS pod deleted', async () => {
      const before = await nats();
      await deletePods(before);
      await untilReplaced(nats, before, before.length);
    });
    await expectNoError('NATS killed', async () => {
      const [pod] = await nats();
      if (pod === undefined) throw new Error('there is no pod of NATS');
      await killContainer(pod, 'nats');
      await until(async () => (await nats()).every(isReady), {
        describe: 'NATS to be back',
        timeoutMs: 60_000,
        everyMs: 250,
      });
    });
  });

  test('the operator is killed: nobody notices', async () => {
    await expectNoError('operators killed', async () => {
      for (const pod of await operators()) await killContainer(pod, 'operator');
      await until(async () => (await operators()).every(isReady), {
        describe: 'operators to be back',
        timeoutMs: 60_000,
        everyMs: 250,
      });
    });
  });

  test('a receiver gets SIGKILL: no more errors than requests in flight, or sent before Kubernetes knew', async () => {
    const outcome = await underLoad(scene, async () => {
      const [pod] = await scene.receivers();
      if (pod === undefined) throw new Error('there is no receiver');
      const [kill] = await killContainer(pod, 'ingress');
      const unroutedAtMs = await untilUnrouted(pod);
      await until(async () => (await scene.receivers()).every(isReady), {
        describe: 'all receivers to be back',
        timeoutMs: 60_000,
        everyMs: 250,
      });
      return [{ ...kill, unroutedAtMs }];
    });
    figure('ingress container killed', outcome);
    expectKept(outcome);
    expect(outcome.errors).toBeLessThanOrEqual(outcome.exposed);
  });

  test('worker and handler get SIGKILL: what they had in their hands is called again, nothing else', async () => {
    for (const container of ['worker', scene.handler]) {
      const outcome = await underLoad(scene, async () => {
        const [pod] = await scene.workers();
        if (pod === undefined) throw new Error('there is no worker');
        const kills = await killContainer(pod, container);
        await until(async () => (await scene.workers()).every(isReady), {
          describe: 'the worker to be back',
          timeoutMs: 60_000,
          everyMs: 250,
        });
        return kills;
      });
      figure(`${container} container killed`, outcome);
      expectKept(outcome);
      expect(outcome.errorKinds).toEqual({});
    }
  });
});

/** With a Service of the cluster's, whose receivers drain for 5 s: behind a load balancer it would be 20 s, twice. */
describe('under load, without a load balancer', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene('ClusterIP');
  });
  afterAll(() => scene.close());

  test("the app's client secret is rotated: no error", async () => {
    const old = { name: 'intercom-support', key: 'client-secret' };
    const fresh = { name: 'intercom-support', key: 'client-secret-new' };
    const next = 'a-client-secret-that-is-new';
    await expectNoErrorIn(scene, 'secret rotated', async () => {
      const data = JSON.stringify({ stringData: { [fresh.key]: next } });
      await kubectl('patch', '--namespace', scene.namespace, 'secret', old.name, '--type=merge', '--patch', data);
      await roll({ signing: { secretKeyRefs: [fresh, old] } });
      await scene.saveUrl(next);
      // What it began to send before is signed with the old one.
      const lastRun = String(scene.intercom.report().runs);
      await until(() => scene.intercom.progress(lastRun)?.state !== 'running', {
        describe: 'the last run with the old secret to end',
        timeoutMs: 30_000,
      });
      await roll({ signing: { secretKeyRefs: [fresh] } });
    });
  });

  /** Changes the spec and waits until the receivers are those of the change, and the others gone: they answer to the end. */
  const roll = async (spec: object) => {
    const before = await scene.receivers();
    await scene.patch(spec);
    await untilReplaced(scene.receivers, before, before.length);
    const names = before.map(({ metadata }) => `pod/${metadata.name}`);
    await kubectl('wait', '--namespace', scene.namespace, '--for=delete', ...names, '--timeout=60s');
  };
});

async function expectNoErrorIn(scene: Scene, what: string, act: () => Promise<unknown>): Promise<void> {
  const outcome = await underLoad(scene, async () => {
    await act();
    return [];
  });
  figure(what, outcome);
  expectKept(outcome);
  expect(outcome.errorKinds).toEqual({});
  expect(outcome.repeatedCalls).toBe(0);
}

const nats = () => pods(NAMESPACE, 'app.kubernetes.io/component=nats');
const operators = () => pods(NAMESPACE, 'app.kubernetes.io/component=operator');

async function deletePods(list: readonly Pod[]): Promise<void> {
  for (const { metadata } of list) {
    await kubectl('delete', 'pod', '--namespace', metadata.namespace, metadata.name, '--wait=false');
  }
}
