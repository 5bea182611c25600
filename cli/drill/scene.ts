import type { CallLog } from '#cli/judge/call-log.ts';
import type { Intercom } from '#cli/judge/intercom.ts';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import type { Local } from '#cli/local/up.ts';
import type { Random } from '#services/simulator/random.ts';
import type { SendInput } from '#services/simulator/requests.ts';
import type { BrokerName } from './broker-name.ts';
import type { Clocks } from './clocks.ts';
import type { FaultProxy } from './proxy.ts';

/** A fault as it happened. */
export interface Injection {
  readonly what: string;
  /** In ms since 1970; the end is when all was there again. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What shows that it took effect, as was seen from outside; null where nothing did. */
  readonly proof: string | null;
  readonly ended?: readonly Ended[];
  /** The subject that it was about, such as `conversation/123`; all where nothing is said. */
  readonly about?: string;
  /** When the events stream was deleted, in ms since 1970. */
  readonly forgottenAtMs?: number;
}

/** A process that a fault has ended. */
export interface Ended {
  readonly container: 'ingress' | 'worker' | 'handler';
  readonly pod: string;
  readonly by: 'SIGKILL' | 'SIGTERM';
  /** In ms since 1970. */
  readonly atMs: number;
}

/** What a fault may reach for. */
export interface Scene {
  readonly local: Local;
  readonly intercom: Intercom;
  readonly calls: CallLog;
  /** Stands before the one nats-server, where the drill asked for it. */
  readonly proxy: FaultProxy | null;
  /** By which the processes know the broker, where the drill asked for it. */
  readonly name: BrokerName | null;
  /** Of the workers, where the drill asked for it. */
  readonly clocks: Clocks | null;
  /** Sends more notifications, beside those that are under way; they are good, and counted among those to be sent. */
  readonly send: (run: SendInput) => Promise<void>;
  /** For what the seed decides. */
  readonly random: Random;
  /** Of a drill that lasts as long as is asked for. */
  readonly durationMs: number;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

const READY_TIMEOUT_MS = 60_000;
/** A half-open connection is noticed after 15 s; until then hardly anything moves. */
const SEEN_TIMEOUT_MS = 30_000;

/** Where the processes look for the broker. */
export const brokerUrl = ({ proxy, local }: Scene): string => proxy?.url ?? local.natsUrl;

/** @throws Error in a drill that asked for none */
export function proxyOf({ proxy }: Scene): FaultProxy {
  if (proxy === null) throw new Error('this drill has no proxy before its broker');
  return proxy;
}

/** @throws Error in a drill that asked for none */
export function nameOf({ name }: Scene): BrokerName {
  if (name === null) throw new Error('the processes of this drill know no name of their broker');
  return name;
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

/**
 * Asks every `everyMs` until it is so. @throws Error with `what`, when it is not so within `withinMs`; 30 s where nothing
 * is said
 */
export async function untilSeen(
  what: string,
  isSeen: () => boolean | Promise<boolean>,
  { everyMs, signal, withinMs = SEEN_TIMEOUT_MS }: Asking,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for await (const _ of pauses(everyMs, signal)) {
    if (await isSeen()) return;
    if (performance.now() > deadlineMs) throw new Error(`${what}: not seen within ${withinMs} ms`);
  }
}

interface Asking {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly withinMs?: number;
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
