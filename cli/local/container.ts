import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalContainer } from './plan.ts';

export interface ContainerEvents {
  readonly onLine: (line: string) => void;
  /** Told of every end that was not asked for, before the restart. */
  readonly onExit: (how: string) => void;
}

/**
 * Leaders of the process groups that run now. Nothing but us ends them, neither a closed terminal nor our own end, so
 * where that comes before an orderly one, it takes them along.
 */
const leaders = new Set<number>();
process.on('exit', () => {
  for (const pid of leaders) killGroup(pid);
});

/** Restarts wait 250 ms, then twice as long each time, 10 s at most; a run of 10 s starts over. */
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/** One container as a process: started, restarted with back-off whenever it ends, until it is stopped. */
export class RunningContainer {
  readonly #container: LocalContainer;
  readonly #events: ContainerEvents;
  #stopping = new AbortController();
  #held: Promise<void> = Promise.resolve();
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
    this.#stopping = new AbortController();
    this.#held = Promise.resolve();
    this.#supervised = this.#supervise();
  }

  /** When it ends now, it is not started again before the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
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
      await Promise.all([this.#held, delay(backoffMs, undefined, { signal: this.#stopping.signal })]).catch(
        () => undefined,
      );
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  async #run(): Promise<string> {
    const [command = '', ...args] = this.#container.argv;
    // A process group of its own: Ctrl-C in the terminal reaches only us, and we stop things in order.
    const child = spawn(command, args, {
      env: this.#container.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    if (child.pid !== undefined) leaders.add(child.pid);
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
      if (child.pid !== undefined) leaders.delete(child.pid);
    }
  }

  /** To the whole group, so that what a handler started goes with it. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    if (signal === 'SIGKILL') killGroup(pid);
    else this.#child?.kill(signal);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
