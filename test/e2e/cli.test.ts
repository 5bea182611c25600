import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descendants, isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as a person runs it, its temporary files in a folder of its own. */
async function run(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const child = spawn(process.execPath, ['cli/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, folder, ended, output: () => output };
}

describe('the command line', () => {
  let running: Awaited<ReturnType<typeof run>> | undefined;
  beforeEach(() => {
    running = undefined;
  });
  afterEach(async () => {
    running?.child.kill('SIGINT');
    await running?.ended;
    await rm(running?.folder ?? '', { recursive: true, force: true });
  });

  it.each([['demo'], ['demo', '--redis']])(
    '%s %s keeps every promise with a worker and an ingress killed',
    async (...args) => {
      running = await run(...args);
      const { child, ended, output, folder } = running;
      await until(() => output().includes('kill -9 icw-support-ingress-0/ingress'), {
        describe: 'the ingress to be killed',
        timeoutMs: 60_000,
      });
      const processes = descendants(child.pid ?? 0);
      expect(processes.length).toBeGreaterThan(8);
      expect(await ended, output()).toBe(0);
      expect(output()).toMatch(/notifications handled +300 ✓/);
      expect(output()).toMatch(/forgeries accepted +0 ✓/);
      expect(output()).toMatch(/handled twice +0 ✓/);
      expect(processes.filter(isAlive)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('local runs a file until Ctrl-C, which leaves nothing behind', async () => {
    running = await run('local', '-f', 'examples/demo.yaml');
    const { child, ended, output, folder } = running;
    await until(() => output().includes('receives at http://127.0.0.1:'), {
      describe: 'an endpoint',
      timeoutMs: 60_000,
    });
    const processes = descendants(child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(8);
    child.kill('SIGINT');
    expect(await ended, output()).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['Ctrl-C twice', ['SIGINT', 'SIGINT'], 130],
    ['a closed terminal', ['SIGHUP'], 0],
  ] as const)('%s leaves nothing behind either', async (_how, signals, code) => {
    running = await run('local', '-f', 'examples/demo.yaml');
    const { child, ended, output, folder } = running;
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

  it('local says what is wrong with a file, and starts nothing', async () => {
    running = await run('local', '-f', 'package.json');
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain('package.json: holds no IntercomWebhook');
  });
});
