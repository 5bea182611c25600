import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { execute } from '#cli/programs/execute.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { until } from '#test/support/until.ts';
import { helm, kubectl } from './facts.ts';
import { apply, isReady, pods } from './objects.ts';
import { forget, install, NAMESPACE, RELEASE, uninstall } from './release.ts';
import { HANDLER, RESTRICTED, type Scene, startScene } from './scene.ts';

const COUNT = 1_000;

/** An empty cluster, `helm install`, `kubectl apply`, and Intercom from outside. */
describe('from an empty cluster to a handler that has run', () => {
  let scene: Scene;
  beforeAll(async () => {
    await uninstall();
    await forget();
    // Refuses every pod that is not as the standard wants it, those of hooks too.
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: RESTRICTED } });
    await install();
    scene = await startScene();
  });
  afterAll(() => scene.close());

  test('1 000 notifications of the simulator are all answered 200 and handled once, and the status says so', async () => {
    const results = join(temporaryFolder('results'), 'results.ndjson');
    const report = await simulate(scene, results);
    expect(report.intercom).toMatchObject({ delivered: COUNT, errors: 0, lostAfterRetry: 0, dropped: 0 });
    expect(report.answers).toEqual({ 200: COUNT });
    await until(() => scene.calls().length >= COUNT, { describe: 'all to be handled', timeoutMs: 60_000 });
    const times = Map.groupBy(scene.calls(), ({ idempotencyKey }) => idempotencyKey);
    expect(times.size).toBe(COUNT);
    expect([...times.values()].filter((calls) => calls.length > 1)).toEqual([]);
    expect([...times.keys()].every((key) => key.endsWith(`:${HANDLER}`))).toBe(true);

    const status = await until(
      async () => {
        const read = Status.parse(
          JSON.parse(await kubectl('get', '--namespace', scene.namespace, 'icw', 'support', '--output', 'json')),
        ).status;
        return read.handlers[0]?.lag === 0 && read.endpoint.lastNotificationAt !== undefined ? read : undefined;
      },
      { describe: 'the status to tell of the notifications', timeoutMs: 60_000, everyMs: 500 },
    );
    expect(status.budget).toMatchObject({ errors15m: 0, streak: 0, remaining: 1000, redeliveries: 0 });
    const conditions = Object.fromEntries(status.conditions.map(({ type, status: is }) => [type, is]));
    expect(conditions).toMatchObject({
      Ready: 'True',
      WithinErrorBudget: 'True',
      EndpointVerified: 'True',
      TenantIsolation: 'True',
    });
    expect(status.handlers[0]).toMatchObject({ name: HANDLER, lag: 0, deadLetters: 0 });
  });

  test('all of it runs where the restricted Pod Security standard is enforced', async () => {
    const plain = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: NAMESPACE, name: 'plain' } };
    const containers = [{ name: 'plain', image: 'plain' }];
    await expect(apply({ ...plain, spec: { containers } })).rejects.toThrow('violates PodSecurity "restricted');
    const running = await pods(NAMESPACE);
    expect(running.map(({ metadata }) => metadata.labels['app.kubernetes.io/component'] ?? '').sort()).toEqual([
      'nats',
      'operator',
      'operator',
    ]);
    for (const pod of running) expect(isReady(pod), pod.metadata.name).toBe(true);
  });

  test('`helm test` says that the installation works', async () => {
    expect(await helm('test', RELEASE, '--namespace', NAMESPACE, '--timeout', '60s')).toContain('Succeeded');
  });

  test('the columns that an SRE reads first are filled', async () => {
    const [header = '', row = ''] = (await kubectl('get', '--namespace', scene.namespace, 'icw')).trim().split('\n');
    expect(header).toMatch(/^NAME +READY/);
    expect(row).toMatch(/^support +True/);
  });
});

const Status = z.object({
  status: z.looseObject({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })),
    budget: z.record(z.string(), z.unknown()),
    handlers: z.array(z.looseObject({ name: z.string(), lag: z.number() })),
    endpoint: z.looseObject({ lastNotificationAt: z.string().optional() }),
  }),
});
const Report = z.looseObject({
  intercom: z.record(z.string(), z.unknown()),
  answers: z.record(z.string(), z.number()),
});

/** The command that people run against a staging of their own. */
async function simulate({ url, secret }: Scene, results: string) {
  const secretFile = join(temporaryFolder('secret'), 'client-secret');
  await writeFile(secretFile, secret, { mode: 0o600 });
  const entry = new URL('../../../services/simulator/main.ts', import.meta.url).pathname;
  const load = ['--count', String(COUNT), '--rate', '100', '--results', results];
  const printed = await execute(process.execPath, [entry, '--url', url, '--secret-file', secretFile, ...load], {
    env: { PATH: process.env['PATH'] },
    timeoutMs: 120_000,
  });
  return Report.parse(JSON.parse(printed));
}
