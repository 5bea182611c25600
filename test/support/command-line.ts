import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  /** Holds all temporary files that it makes. */
  readonly folder: string;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  /** What it has written so far, errors too. */
  readonly output: () => string;
}

/** With which it ends: others may run at the same time. */
type Test = Pick<TestContext, 'onTestFinished'>;

/** The command line as a person runs it. */
export const run = (test: Test, ...args: string[]): Promise<Run> => runMain(test, 'cli/main.ts', ...args);

/** The same of another program of ours. */
export async function runMain({ onTestFinished }: Test, main: string, ...args: string[]): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  const state = await mkdtemp(join(tmpdir(), 'cli-state-'));
  const child = spawn(process.execPath, [main, ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder, XDG_STATE_HOME: state, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGINT');
    await ended;
    await Promise.all([folder, state].map((path) => rm(path, { recursive: true, force: true })));
  });
  return { child, folder, ended, output: () => output };
}
