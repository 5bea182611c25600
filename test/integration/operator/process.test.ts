import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { entryPoint } from '#test/support/image.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

/** As the image starts it, with nothing beside the bundle that it could find. */
function run(env: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [entryPoint('operator')], { encoding: 'utf8', timeout: 20_000, env, cwd: '/' });
}

it('an operator that is not told what it needs ends with every field that is wrong named', () => {
  const { status, stdout, stderr } = run({ INNER_PORT: 'http', LOG_LEVEL: 'loud', WORKERS: '0' });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  for (const name of ['POD_NAME', 'INNER_PORT', 'LOG_LEVEL', 'WORKERS']) expect(stderr).toContain(name);
});

it('an operator that cannot find its API server ends and says so', () => {
  const { status, stdout } = run({
    POD_NAME: 'operator-0',
    INNER_PORT: '9090',
    KUBECONFIG: '/nowhere/config',
    // Of no meaning before it has found its API server.
    IMAGE: 'registry.example/intercom-webhook-operator:0.0.0',
    NATS_URL: 'nats://127.0.0.1:9',
  });
  expect(status).toBe(1);
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
  expect(last).toMatchObject({ level: 'fatal', process: 'operator', msg: 'cannot start' });
  expect(stdout).toContain('/nowhere/config');
});
