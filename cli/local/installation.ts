import { freePort } from './free-port.ts';
import { pauses } from './pauses.ts';
import type { LocalPlan, LocalPod } from './plan.ts';
import { Pod, type PodEvents } from './pod.ts';
import { ServiceListener } from './service.ts';

export interface InstallationEvents {
  readonly onLine: (pod: string, container: string, line: string) => void;
  readonly onExit: (pod: string, container: string, how: string) => void;
}

const READY_TIMEOUT_MS = 30_000;

/** Pods and Services that run on this machine, and their end. */
export class Installation {
  readonly #events: InstallationEvents;
  readonly #pods: Pod[] = [];
  readonly #services: ServiceListener[] = [];

  constructor(events: InstallationEvents) {
    this.#events = events;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** Starts pods at the same time; resolves when all their containers run. Those that fail to start are stopped by {@link stop}. */
  async startPods(plans: readonly LocalPod[], signal: AbortSignal): Promise<Pod[]> {
    const pods = plans.map((plan) => new Pod(plan, this.#eventsOf(plan.name)));
    this.#pods.push(...pods);
    await Promise.all(pods.map((pod) => pod.start(signal)));
    return pods;
  }

  /** Starts all of a plan. @returns the port of each Service, by name */
  async startPlan(plan: LocalPlan, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const pods = await this.startPods(plan.pods, signal);
    const ports = new Map<string, number>();
    for (const service of plan.services) {
      const port = await freePort();
      this.#services.push(await ServiceListener.open(service, pods, port));
      ports.set(service.name, port);
    }
    return ports;
  }

  /** Resolves when all pods are ready. @throws Error naming those that are not in time */
  async untilReady(signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    for await (const _ of pauses(50, signal)) {
      const missing = this.#pods.filter((pod) => !pod.ready).map((pod) => pod.plan.name);
      if (missing.length === 0) return;
      if (performance.now() > deadlineMs)
        throw new Error(`not ready after 30 s: ${missing.join(', ')}; see their logs`);
    }
  }

  /** Services first, then pods, those started last first; pods of one kind at the same time. Leaves nothing behind. */
  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
    const [servers, workloads] = [this.#pods.filter(isServer), this.#pods.filter((pod) => !isServer(pod))];
    await Promise.all(workloads.map((pod) => pod.stop()));
    await Promise.all(servers.map((pod) => pod.stop()));
  }

  #eventsOf(pod: string): PodEvents {
    return {
      onLine: (container, line) => this.#events.onLine(pod, container, line),
      onExit: (container, how) => this.#events.onExit(pod, container, how),
    };
  }
}

/** What the others need while they end. */
const isServer = (pod: Pod): boolean => Object.keys(pod.plan.labels).length === 0;
