import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { until } from '#test/support/until.ts';
import { cluster, kubectl } from './facts.ts';
import { apply, isReady, pods } from './objects.ts';
import { install, NAMESPACE } from './release.ts';
import { HANDLER, type Scene, startScene } from './scene.ts';

const STRANGERS = 'strangers';

describe('who may not', () => {
  let scene: Scene;
  beforeAll(async () => {
    await install();
    scene = await startScene('ClusterIP');
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: STRANGERS } }, stranger());
    await until(async () => (await pods(STRANGERS)).every(isReady), {
      describe: 'the stranger to run',
      timeoutMs: 60_000,
    });
  });
  afterAll(async () => {
    await kubectl('delete', 'namespace', STRANGERS, '--ignore-not-found', '--wait=false');
    await scene.close();
  });

  test("the receiver's and the worker's service accounts may do nothing at the API server, and have no token", async () => {
    const everybodys = await rights('system:serviceaccount:strangers:nobody');
    for (const pod of [...(await scene.receivers()), ...(await scene.workers())]) {
      const { serviceAccountName, automountServiceAccountToken } = pod.spec;
      expect(serviceAccountName).not.toBe('default');
      expect(await rights(`system:serviceaccount:${scene.namespace}:${serviceAccountName}`)).toEqual(everybodys);
      expect(automountServiceAccountToken).toBe(false);
    }
    expect(everybodys.join('\n')).not.toMatch(/secrets|pods|intercomwebhooks|\*\.\*/);
  });

  test('a pod of another namespace reaches the public port, and neither NATS nor the inner ports', async () => {
    const [receiver] = await scene.receivers();
    const [worker] = await scene.workers();
    const [nats] = await pods(NAMESPACE, 'app.kubernetes.io/component=nats');
    const [operator] = await pods(NAMESPACE, 'app.kubernetes.io/component=operator');
    const { heldBack } = cluster();
    const doors = [
      [receiver, 8080, 'open'],
      [receiver, 9090, heldBack],
      [worker, 9090, heldBack],
      [worker, 8080, heldBack],
      [nats, 4222, heldBack],
      [nats, 6222, heldBack],
      [nats, 8222, heldBack],
      [operator, 9090, heldBack],
    ] as const;
    const found = await reach(doors.map(([pod, port]) => ({ host: pod?.status.podIP ?? 'nowhere', port })));
    const named = (how: (at: number) => unknown) =>
      doors.map(([pod, port], at) => `${pod?.metadata.name}:${port} is ${String(how(at))}`);
    expect(named((at) => found[at])).toEqual(named((at) => doors[at]?.[2]));
  });

  test("the handler's container sees no secret", async () => {
    const [pod] = await scene.workers();
    const script = `
      const { readdirSync, readFileSync } = require('node:fs');
      const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\\n').map((line) => line.split(' ')[1] ?? '');
      console.log(JSON.stringify({ env: Object.keys(process.env), mounts: mounts.filter((at) => at.startsWith('/var/run') || at.startsWith('/run')), run: list('/var/run') }));
      function list(at) { try { return readdirSync(at); } catch { return []; } }`;
    const seen = JSON.parse(
      await kubectl(
        'exec',
        '--namespace',
        scene.namespace,
        pod?.metadata.name ?? '',
        '--container',
        HANDLER,
        '--',
        'node',
        '--eval',
        script,
      ),
    ) as { env: string[]; mounts: string[]; run: string[] };
    expect(seen.env).toContain('RECORDER');
    expect(seen.env.filter((name) => /NATS|SECRET|TOKEN|CREDS/.test(name))).toEqual([]);
    expect(seen.mounts).toEqual([]);
    expect(seen.run).toEqual([]);
  });
});

const stranger = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: STRANGERS, name: 'stranger' },
  spec: {
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'stranger',
        image: `${cluster().image.repository}:${cluster().image.tag}`,
        command: ['node', '--eval', 'setInterval(() => {}, 1e9)'],
      },
    ],
    terminationGracePeriodSeconds: 0,
  },
});

/** What an account may do, a line each, as `kubectl` lists it. */
async function rights(user: string): Promise<string[]> {
  const lines = await kubectl(
    'auth',
    'can-i',
    '--list',
    '--no-headers',
    `--as=${user}`,
    '--as-group=system:serviceaccounts',
    '--as-group=system:authenticated',
  );
  return lines.trim().split('\n').sort();
}

const Found = z.array(z.string());

/**
 * Tries all of them from one process, at once: each takes as long as no answer comes.
 * @returns of each `open`, `shut` where no answer comes, or the code of the error
 */
async function reach(places: readonly { host: string; port: number }[]): Promise<string[]> {
  const script = `
    const { connect } = require('node:net');
    const tried = (place) => new Promise((end) => {
      const socket = connect(place);
      socket.setTimeout(1500, () => end('shut')).on('connect', () => end('open')).on('error', (error) => end(error.code));
    });
    Promise.all(${JSON.stringify(places)}.map(tried)).then((all) => { console.log(JSON.stringify(all)); process.exit(0); });`;
  const said = await kubectl('exec', '--namespace', STRANGERS, 'stranger', '--', 'node', '--eval', script);
  return Found.parse(JSON.parse(said));
}
