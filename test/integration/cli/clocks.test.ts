import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Clocks } from '#cli/drill/clocks.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

let clocks: Clocks;
let child: ReturnType<typeof spawn>;
let last: { now: number; date: number; ofText: number; steady: number };

const TELL = `setInterval(() => console.log(JSON.stringify({
  now: Date.now(), date: new Date().getTime(), ofText: new Date('2026-01-01T00:00:00Z').getTime(), steady: performance.now(),
})), 10)`;

beforeEach(async () => {
  clocks = await Clocks.open();
  child = spawn(process.execPath, ['-e', TELL], {
    env: { NODE_OPTIONS: clocks.nodeOptions, POD_NAME: 'worker-0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = JSON.parse(line) as typeof last;
  });
});

afterEach(async () => {
  child.kill('SIGKILL');
  await until(() => child.signalCode !== null, { describe: 'the end of the process' });
  await clocks.close();
});

const isAhead = (byMs: number) => () => last !== undefined && Math.abs(last.now - Date.now() - byMs) < 5_000;

const CLOCK = { describe: 'the clock' };

it('are set in processes that run, there and back, and of that pod alone', async () => {
  await until(isAhead(0), CLOCK);
  await clocks.set('worker-1', 3_600_000);
  expect(await clocks.believes('worker-0')).toBeNull();
  const steady = last.steady;
  await clocks.set('worker-0', 3_600_000);
  await until(isAhead(3_600_000), CLOCK);
  expect(last.date - last.now).toBeLessThan(1_000);
  expect(last.ofText).toBe(Date.UTC(2026, 0, 1));
  expect(last.steady - steady).toBeLessThan(60_000);
  expect((await clocks.believes('worker-0')) ?? 0).toBeGreaterThan(Date.now() + 3_500_000);
  await clocks.set('worker-0', 0);
  await until(isAhead(0), CLOCK);
});
