import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { run } from '#test/support/command-line.ts';
import { descendants, isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/until.ts';

it.concurrent('local runs a file until Ctrl-C, which leaves nothing behind', async (context) => {
  const { child, ended, output, folder } = await run(context, 'local', '-f', 'examples/demo.yaml');
  await until(() => output().includes('receives at http://127.0.0.1:'), {
    describe: 'an endpoint',
    timeoutMs: 60_000,
  });
  const processes = descendants(child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(8);
  await until(() => /^icw-support-ingress-0\/ingress info listening /m.test(output()), {
    describe: 'a line of the ingress',
  });
  child.kill('SIGINT');
  expect(await ended, output()).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

it.concurrent.for([
  ['Ctrl-C twice', ['SIGINT', 'SIGINT'], 130],
  ['a closed terminal', ['SIGHUP'], 0],
] as const)('%s leaves nothing behind either', async ([, signals, code], context) => {
  const { child, ended, output, folder } = await run(context, 'local', '-f', 'examples/demo.yaml');
  await until(() => output().includes('receives at http://127.0.0.1:'), {
    describe: 'an endpoint',
    timeoutMs: 60_000,
  });
  const processes = descendants(child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(8);
  for (const [index, signal] of signals.entries()) {
    child.kill(signal);
    if (index === 0) await until(() => output().includes('stopping everything'), { describe: 'the first to arrive' });
  }
  expect(await ended, output()).toBe(code);
  await until(() => !processes.some(isAlive), { describe: 'every process to be gone' });
  expect(await readdir(folder)).toEqual([]);
});

it.concurrent('local says what is wrong with a file, and starts nothing', async (context) => {
  const { ended, output } = await run(context, 'local', '-f', 'package.json');
  expect(await ended).toBe(1);
  expect(output()).toContain('package.json: holds no IntercomWebhook');
});
