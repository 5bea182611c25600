import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RunningContainer } from './container.ts';
import { pauses } from './pauses.ts';
import type { LocalContainer, LocalPod } from './plan.ts';
import { answers } from './probe.ts';

export interface PodEvents {
  readonly onLine: (container: string, line: string) => void;
  readonly onExit: (container: string, how: string) => void;
}

const PROBE_INTERVAL_MS = 100;
/** Of a pod that is ready: ten probes a second of each would cost a tenth of a core. An end is noticed without asking. */
const READY_PROBE_INTERVAL_MS = 1_000;

/** A pod as processes of this machine: sidecars before the main container, probes, restarts, and an ordered end. */
export class Pod {
  readonly plan: LocalPod;
  readonly #containers: ReadonlyMap<string, RunningContainer>;
  #stopping = new AbortController();
  #ready = false;
  #watching: Promise<void> = Promise.resolve();

  constructor(plan: LocalPod, events: PodEvents) {
    this.plan = plan;
    this.#containers = new Map(
      plan.containers.map((container) => [
        container.name,
        new RunningContainer(container, {
          onLine: (line) => events.onLine(container.name, line),
          onExit: (how) => {
            this.#ready = false;
            events.onExit(container.name, how);
          },
        }),
      ]),
    );
  }

  /** Whether every readiness probe answered when it was last asked. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The process id of a container that runs now, or null. */
  pidOf(container: string): number | null {
    return this.#containers.get(container)?.pid ?? null;
  }

  /** Keeps a container down when it ends next, until the returned function is called. */
  hold(container: string): () => void {
    return this.#containers.get(container)?.hold() ?? (() => undefined);
  }

  /** Resolves when all containers run; from then on {@link ready} is kept up to date. */
  async start(signal: AbortSignal): Promise<void> {
    this.#stopping = new AbortController();
    for (const { path, content } of this.plan.files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode: 0o600 });
    }
    for (const container of this.plan.containers) {
      this.#containers.get(container.name)?.start();
      await this.#untilStarted(container, signal);
    }
    this.#watching = this.#watchReadiness();
  }

  /** Stops the containers, the last started first, within the pod's grace period. It can be started again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#ready = false;
    await this.#watching;
    for (const container of this.plan.containers.toReversed()) {
      await this.#containers.get(container.name)?.stop(this.plan.graceMs);
    }
  }

  async #untilStarted({ startup }: LocalContainer, signal: AbortSignal): Promise<void> {
    if (startup === null) return;
    for await (const _ of pauses(PROBE_INTERVAL_MS, signal)) {
      if (await answers(startup)) return;
    }
  }

  async #watchReadiness(): Promise<void> {
    const probes = this.plan.containers.flatMap((container) => container.readiness ?? []);
    const { signal } = this.#stopping;
    try {
      for (;;) {
        await delay(this.#ready ? READY_PROBE_INTERVAL_MS : PROBE_INTERVAL_MS, undefined, { signal });
        const results = await Promise.all(probes.map(answers));
        this.#ready = results.every(Boolean);
      }
    } catch {
      // Stopping.
    }
  }
}
