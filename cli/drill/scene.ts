import type { CallLog } from '#cli/judge/call-log.ts';
import type { Intercom } from '#cli/judge/intercom.ts';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import type { Local } from '#cli/local/up.ts';
import type { Random } from '#services/simulator/random.ts';
import type { FaultProxy } from './proxy.ts';

/** A fault as it happened. */
export interface Injection {
  readonly what: string;
  /** In ms since 1970; the end is when all was there again. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What shows that it took effect, as was seen from outside; null where nothing did. */
  readonly proof: string | null;
  /** The process that got SIGKILL, at `fromMs`. */
  readonly killed?: { readonly container: 'ingress' | 'worker'; readonly pod: string };
}

/** What a fault may reach for. */
export interface Scene {
  readonly local: Local;
  readonly intercom: Intercom;
  readonly calls: CallLog;
  /** Stands before the one nats-server, where the drill asked for it. */
  readonly proxy: FaultProxy | null;
  /** For what the seed decides. */
  readonly random: Random;
  /** Of a drill that lasts as long as is asked for. */
  readonly durationMs: number;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

const READY_TIMEOUT_MS = 60_000;

/** Where the processes look for the broker. */
export const brokerUrl = ({ proxy, local }: Scene): string => proxy?.url ?? local.natsUrl;

/** @throws Error in a drill that asked for none */
export function proxyOf({ proxy }: Scene): FaultProxy {
  if (proxy === null) throw new Error('this drill has no proxy before its broker');
  return proxy;
}

export const podsWith = ({ local }: Scene, container: string): Pod[] =>
  local.pods.filter(({ plan }) => plan.containers.some(({ name }) => name === container));

/** @throws Error when there is none, or its process does not run now */
export function running(pods: readonly Pod[], container: string): { pod: Pod; pid: number } {
  for (const pod of pods) {
    const pid = pod.pidOf(container);
    if (pid !== null) return { pod, pid };
  }
  throw new Error(`no ${container} process runs`);
}

/** Resolves when a process of that container runs that is not the old one, and its pod is ready. */
export async function untilReplaced(pod: Pod, container: string, oldPid: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  for await (const _ of pauses(50, signal)) {
    const pid = pod.pidOf(container);
    if (pid !== null && pid !== oldPid && pod.ready) return;
    if (performance.now() > deadlineMs) throw new Error(`${pod.plan.name}/${container} is not back after 60 s`);
  }
}
