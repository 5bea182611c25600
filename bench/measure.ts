import type { Pod } from '#cli/local/pod.ts';
import { type Candidate, pidOf } from './candidate.ts';
import { note } from './figure.ts';
import { BODIES, type LoadResult, sendLoad } from './load.ts';
import { cpuSecondsOf } from './process-cost.ts';
import type { Storage } from './storage.ts';

/** What all measurements of one bench share. */
export interface Bench {
  /** Path of the load generator. */
  readonly loader: string;
  readonly secrets: readonly string[];
  readonly broker: Pod;
  readonly storage: Storage;
  readonly signal: AbortSignal;
}

export interface Sending {
  readonly seconds: number;
  readonly connections: number;
  /** null = the next request when the last one is answered. */
  readonly ratePerSecond: number | null;
  /** Signed with a secret that nobody has. */
  readonly forged: boolean;
}

export interface Measured extends LoadResult {
  readonly perSecond: number;
  /** Microseconds of CPU per answer, of the program and of the broker. */
  readonly cpuUs: number;
  readonly brokerCpuUs: number;
}

/**
 * Sends, and reads what it cost: the load's beginning and end are those of what is measured, before and after it the
 * program is idle.
 * @throws Error where an answer is not as expected, or the stream does not hold all that was answered 200
 */
export async function measure(candidate: Candidate, sending: Sending, bench: Bench): Promise<Measured> {
  const { forged, ...how } = sending;
  const pids = [pidOf(candidate.pod), pidOf(bench.broker)] as const;
  const storedBefore = await bench.storage.count();
  const before = await Promise.all(pids.map(cpuSecondsOf));
  const result = await sendLoad(
    bench.loader,
    { ...how, url: candidate.url, secrets: forged ? ['a secret that nobody has'] : bench.secrets },
    { status: forged ? 401 : 200, signal: bench.signal },
  );
  const after = await Promise.all(pids.map(cpuSecondsOf));
  const answered = result.answers[forged ? '401' : '200'] ?? 0;
  const stored = (await bench.storage.count()) - storedBefore;
  const expected = forged ? 0 : answered;
  if (stored !== expected) throw new Error(`${candidate.name}: ${stored} are stored, ${expected} should be`);
  const [cpuUs = 0, brokerCpuUs = 0] = after.map((seconds, i) => ((seconds - (before[i] ?? 0)) * 1e6) / answered);
  return { ...result, cpuUs, brokerCpuUs, perSecond: answered / result.seconds };
}

/** One request per body to each. @throws Error naming the first message that another candidate stored differently */
export async function assertSameJob(candidates: readonly Candidate[], bench: Bench): Promise<void> {
  const seen = new Map<string, string>();
  for (const each of candidates) {
    await bench.storage.purge();
    const sending = { seconds: 1, connections: 4, ratePerSecond: BODIES.length, forged: false };
    await measure(each, sending, bench);
    for (const [key, shape] of await bench.storage.shapes()) {
      const other = seen.get(key) ?? shape;
      if (other !== shape) throw new Error(`${each.name} stored ${shape}, the others ${other}`);
      seen.set(key, shape);
    }
  }
  await bench.storage.purge();
  note(`${candidates.map(({ name }) => name).join(', ')}: ${seen.size} messages are the same`);
}
