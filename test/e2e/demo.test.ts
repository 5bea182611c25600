import { exec } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { run } from '#test/support/command-line.ts';
import { descendants, isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/until.ts';

const LINES = ['demo --keep', 'demo --redis'] as const;
const DEMO_TIMEOUT_MS = 120_000;

// One after the other: the killed ingress has to be back before Intercom's retry, two seconds later.
it.for(LINES)('%s keeps every promise with a worker and an ingress killed', async (line, context) => {
  const { child, ended, output, folder } = await run(context, ...line.split(' '));
  await until(() => output().includes('kill -9 icw-support-ingress-0/ingress'), {
    describe: 'the ingress to be killed',
    timeoutMs: 60_000,
  });
  const processes = descendants(child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(8);
  if (line.includes('--keep')) {
    await until(() => output().includes('Everything stays up until Ctrl-C'), {
      describe: 'the end of the play',
      timeoutMs: DEMO_TIMEOUT_MS,
    });
    await sendMore(output());
    child.kill('SIGINT');
  }
  expect(await ended, output()).toBe(0);
  expect(output()).toMatch(/notifications handled +300 ✓/);
  expect(output()).toMatch(/forgeries accepted +0 ✓/);
  expect(output()).toMatch(/handled twice +0 ✓/);
  expect(output()).toMatch(/Ready +True +AllWell/);
  expect(output()).toMatch(/EndpointVerified +True +NotificationReceived/);
  expect(output()).toContain('waiting: 0; dead letters: 0; ready pods: ');
  expect(processes.filter(isAlive)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

/** With the commands that the demo prints. */
async function sendMore(output: string): Promise<void> {
  const [send = '', report = ''] = output.split('\n').filter((line) => line.startsWith('  curl -s '));
  const sent = async () => (JSON.parse(await shell(report)) as { sent: number }).sent;
  const before = await sent();
  await shell(send);
  await until(async () => (await sent()) === before + 100, { describe: '100 more to be sent', timeoutMs: 30_000 });
}

const shell = async (command: string): Promise<string> => (await promisify(exec)(command, { timeout: 10_000 })).stdout;
