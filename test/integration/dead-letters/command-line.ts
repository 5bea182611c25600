import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  readonly stderr: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** `kubectl-intercom dlq …` as a process, with nobody at its terminal. */
export function startDlq(stateHome: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, ['cli/main.ts', 'dlq', ...args], {
    cwd: ROOT,
    env: { ...process.env, XDG_STATE_HOME: stateHome, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      text[name] += chunk.toString('latin1');
    });
  }
  return {
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...text })),
    stderr: () => text.stderr,
    kill: (signal) => void child.kill(signal),
  };
}
