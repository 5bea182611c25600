import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cluster, helm } from './facts.ts';
import { expectKept, figure, underLoad } from './load.ts';
import { pods } from './objects.ts';
import { install, NAMESPACE, RELEASE } from './release.ts';
import { type Scene, startScene, untilReplaced } from './scene.ts';

/** As the chart was when it could first be installed: whoever has it comes from here. */
const RELEASED = fileURLToPath(new URL('charts/intercom-operator-0.1.0.tgz', import.meta.url));

describe('an upgrade of the release under load', () => {
  let scene: Scene;
  beforeAll(async () => {
    await install({ chart: RELEASED });
    scene = await startScene('ClusterIP');
  });
  afterAll(() => scene.close());

  const operators = () => pods(NAMESPACE, 'app.kubernetes.io/component=operator');
  const everything = async () => [...(await operators()), ...(await scene.receivers()), ...(await scene.workers())];

  test('from the first chart to this one and another image, which rolls all that the operator renders, and back: nothing is lost, no error', async () => {
    const { nextTag } = cluster().image;
    const outcome = await underLoad(scene, async () => {
      const first = await everything();
      await install({ set: [`image.tag=${nextTag}`, 'logLevel=debug'] });
      const second = await untilReplaced(everything, first, first.length);
      await helm('rollback', RELEASE, '--namespace', NAMESPACE, '--wait', '--timeout', '150s');
      await untilReplaced(everything, second, second.length);
      return [];
    });
    figure('helm upgrade and rollback', outcome);
    expectKept(outcome);
    expect(outcome.errorKinds).toEqual({});
  });
});
