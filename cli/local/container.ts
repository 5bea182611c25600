import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalContainer } from './plan.ts';

export interface ContainerEvents {
  readonly onLine: (line: string) => void;
  /** Told of every end that was not asked for, before the restart. */
  readonly onExit: (how: string) => void;
}

/** Restarts wait 250 ms, then twice as long each time, 10 s at most; a run of 10 s starts over. */
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/** One container as a process: started, restarted with back-off whenever it ends, until it is stopped. */
export class RunningContainer {
  readonly #container: LocalContainer;
  readonly #events: ContainerEvents;
  readonly #stopping = new AbortController();
  #child: ChildProcess | null = null;
  #supervised: Promise<void> = Promise.resolve();

  constructor(container: LocalContainer, events: ContainerEvents) {
    this.#container = container;
    this.#events = events;
  }

  /** The process that runs now, or null between two runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#supervised = this.#supervise();
  }

  /** SIGTERM, and SIGKILL to its whole process group when the grace period is over. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#signal('SIGTERM');
    const gone = new AbortController();
    void delay(graceMs, undefined, { signal: gone.signal }).then(
      () => this.#signal('SIGKILL'),
      () => undefined,
    );
    await this.#supervised;
    gone.abort();
  }

  async #supervise(): Promise<void> {
    let backoffMs = MIN_BACKOFF_MS;
    while (!this.#stopping.signal.aborted) {
      const startedMs = performance.now();
      const how = await this.#run();
      if (this.#stopping.signal.aborted) return;
      this.#events.onExit(how);
      if (performance.now() - startedMs > MAX_BACKOFF_MS) backoffMs = MIN_BACKOFF_MS;
      await delay(backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  async #run(): Promise<string> {
    const [command = '', ...args] = this.#container.argv;
    // A process group of its own: Ctrl-C in the terminal reaches only us, and we stop things in order.
    const child = spawn(command, args, {
      // `node` is the one that runs us.
      env: { PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`, ...this.#container.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#events.onLine(line));
    }
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      return signal === null ? `exit code ${code}` : signal;
    } catch (error) {
      return `${command} cannot be started: ${String(error)}`;
    } finally {
      this.#child = null;
    }
  }

  /** To the whole group, so that what a handler started goes with it. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(signal === 'SIGKILL' ? -pid : pid, signal);
    } catch {
      // Gone already.
    }
  }
}
