import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { until } from '#test/support/until.ts';
import { cluster, kubectl } from './facts.ts';
import { apply, pods } from './objects.ts';
import { install } from './release.ts';
import { RESTRICTED } from './scene.ts';

const COUNT = 100;
const TOPICS = ['conversation.user.created', 'conversation.user.replied'];

/** What line.test.ts does not start from the image: the simulator, and the handlers that come with us. */
describe('the image on a node', () => {
  const namespace = `image-${randomBytes(3).toString('hex')}`;
  beforeAll(() => install());
  afterAll(async () => {
    await kubectl('delete', '--namespace', namespace, 'icw', 'image', '--ignore-not-found', '--wait=false');
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  });

  test('runs ingress, worker, echo and noop, and a simulator that they satisfy', async () => {
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: RESTRICTED } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: 'app' },
        stringData: { secret: 'made-up-for-a-test' },
      },
      webhook(namespace),
    );
    await kubectl('wait', '--namespace', namespace, '--for=condition=Ready', 'icw/image', '--timeout=120s');
    expect(await entryPoints(namespace)).toEqual(['handler-echo.mjs', 'handler-noop.mjs', 'ingress.mjs', 'worker.mjs']);

    await apply(simulator(namespace));
    await kubectl(
      'wait',
      '--namespace',
      namespace,
      '--for=jsonpath={.status.phase}=Succeeded',
      'pod/simulator',
      '--timeout=90s',
    );
    const printed = await kubectl('logs', '--namespace', namespace, 'simulator', '--container', 'simulator');
    const report = Report.parse(JSON.parse(printed.slice(printed.indexOf('{\n'))));
    expect(report.intercom).toMatchObject({ delivered: COUNT, errors: 0, rejectedForgeries: 10, acceptedForgeries: 0 });

    const echoed = async () => {
      const [pod] = (await pods(namespace)).filter(({ metadata }) => metadata.name.includes('-echo-'));
      const log = await kubectl('logs', '--namespace', namespace, pod?.metadata.name ?? '', '--container', 'echo');
      return log.split('\n').filter((line) => line.includes('"call ends"')).length;
    };
    await until(async () => (await echoed()) === COUNT, {
      describe: 'all to be echoed',
      timeoutMs: 30_000,
      everyMs: 500,
    });
  });
});

const Report = z.looseObject({ intercom: z.record(z.string(), z.unknown()) });

const webhook = (namespace: string) => ({
  apiVersion: 'intercom-operator.io/v1alpha1',
  kind: 'IntercomWebhook',
  metadata: { namespace, name: 'image' },
  spec: {
    topics: TOPICS,
    signing: { secretKeyRefs: [{ name: 'app', key: 'secret' }] },
    retention: { maxBytes: '64Mi' },
    deletionPolicy: 'Delete',
    handlers: [
      { name: 'echo', builtin: { type: 'Echo' } },
      { name: 'noop', builtin: { type: 'Noop' } },
    ],
  },
});

const SENDING = [
  ...'--url http://icw-image-ingress/intercom --secret-file /secret/secret --rate 50 --forgeries 10'.split(' '),
  '--count',
  String(COUNT),
  '--topic',
  ...TOPICS,
];

const simulator = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name: 'simulator' },
  spec: {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'simulator',
        image: `${cluster().image.repository}:${cluster().image.tag}`,
        args: ['simulator.mjs', ...SENDING],
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
        volumeMounts: [{ name: 'secret', mountPath: '/secret', readOnly: true }],
      },
    ],
    volumes: [{ name: 'secret', secret: { secretName: 'app' } }],
  },
});

const Containers = z.array(z.object({ args: z.array(z.string()).default([]) })).default([]);
const Pods = z.object({
  items: z.array(z.object({ spec: z.object({ containers: Containers, initContainers: Containers }) })),
});

/** What is started in the pods of a namespace, each once. */
async function entryPoints(namespace: string): Promise<string[]> {
  const { items } = Pods.parse(JSON.parse(await kubectl('get', 'pods', '--namespace', namespace, '--output', 'json')));
  const all = items.flatMap(({ spec }) => [...spec.containers, ...spec.initContainers]).flatMap(({ args }) => args);
  return [...new Set(all)].sort();
}
