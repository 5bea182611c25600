import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from './until.ts';

const LOG_BYTES = 64 * 1024;
/** A signal is on its way for microseconds; what is silent for so long has had it. */
const SILENCE_MS = 250;
const STOP_TIMEOUT_MS = 10_000;

export interface ChildOptions {
  /** Names the child in errors. */
  name: string;
  command: string;
  args: readonly string[];
  /** Of {@link temporaryFolder}; removed with the child, also when it does not start. */
  folder: string;
  env?: NodeJS.ProcessEnv;
  /** Truthy once it can be used; asked again and again after each start. */
  ready: () => unknown;
  readyTimeoutMs?: number;
}

/** A program that a test starts, stops and starts again. */
export interface Child {
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Of the process that ran last; null while it runs, and where a signal has ended it. */
  readonly exitCode: number | null;
  /** The last 64 KiB that it wrote to stdout and stderr. */
  log: () => string;
  /** Asks it to end and waits; SIGTERM where no signal is given. Keeps its folder. */
  stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** Stops it where it stands, until `thaw`; returns when it answers no more. */
  freeze: () => Promise<void>;
  thaw: () => void;
  /** Ends it by SIGTERM where it still runs, and starts it with the same arguments. */
  restart: () => Promise<void>;
  /** Ends it, by SIGTERM where no signal is given, and removes its folder. */
  close: (signal?: NodeJS.Signals) => Promise<void>;
}

const running = new Map<ChildProcess, string>();
const folders = new Set<string>();

/** What this process has started and what is still there, as `name (pid)`. */
export const runningChildren = (): string[] => Array.from(running, ([child, name]) => `${name} (${child.pid})`);

/** Ends everything at once, for a test file that did not. */
export function killChildren(): void {
  for (const child of running.keys()) child.kill('SIGKILL');
}

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  folders.add(folder);
  return folder;
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

process.on('exit', () => {
  killChildren();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts a program and waits until it is ready.
 * @throws Error with the end of its log when it ends or is not ready in time
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, folder, ready, env, readyTimeoutMs = 20_000 } = options;
  let log = '';
  let current: ChildProcess | undefined;

  const isRunning = () => current !== undefined && running.has(current);

  const isReady = async () => Boolean(await ready());

  const start = async () => {
    if (isRunning()) throw new Error(`${name} runs already`);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    current = child;
    running.set(child, name);
    const keep = (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-LOG_BYTES);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      log += String(error);
      running.delete(child);
    });
    child.on('close', () => running.delete(child));
    try {
      // A child that ended ends the wait at once; whether it was ready is judged after.
      await until(async () => !isRunning() || (await ready()), {
        describe: `${name} to be ready`,
        timeoutMs: readyTimeoutMs,
      });
      if (!isRunning()) throw new Error(`${name} ended while starting`);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${log.slice(-2000)}`, { cause: error });
    }
  };

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const child = current;
    if (child === undefined || !running.has(child)) return;
    child.kill(signal);
    try {
      await until(() => !running.has(child), { describe: `${name} to end by ${signal}`, timeoutMs: STOP_TIMEOUT_MS });
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  };

  try {
    await start();
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
  return {
    get pid() {
      if (current?.pid === undefined) throw new Error(`${name} has no process`);
      return current.pid;
    },
    get isRunning() {
      return isRunning();
    },
    get exitCode() {
      return current?.exitCode ?? null;
    },
    log: () => log,
    stop,
    freeze: async () => {
      current?.kill('SIGSTOP');
      const isSilent = async () => Promise.race([delay(SILENCE_MS, true), isReady().then((answers) => !answers)]);
      await until(isSilent, { describe: `${name} to be frozen` });
    },
    thaw: () => {
      current?.kill('SIGCONT');
    },
    restart: async () => {
      await stop();
      await start();
    },
    close: async (signal) => {
      await stop(signal);
      removeFolder(folder);
    },
  };
}
