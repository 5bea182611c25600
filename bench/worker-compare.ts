import { seededRandom, streams } from '#services/simulator/random.ts';
import { pidOf } from './candidate.ts';
import { type DrainBench, type Drained, type Drainer, drain } from './drain.ts';
import { note, type Series } from './figure.ts';
import { peakMegabytesOf } from './process-cost.ts';
import { assertSameCalls } from './same-calls.ts';

/**
 * Compilers are cold at first: so many messages are worked off by each before anything counts. After 12 000 a message
 * costs our worker a fifth more than after 24 000; half of that is V8, compiling on its other threads.
 */
const WARM_UP_MESSAGES = 40_000;

const KEYS = 1_000;

export interface Drainers {
  readonly ordered: Drainer;
  readonly unordered: Drainer;
  readonly go: Drainer;
}

export interface Rounds {
  readonly count: number;
  /** Messages that each works off in each round. */
  readonly messages: number;
}

/** Stores messages of keys drawn at random, the same ones for the same seed. */
export async function fill(count: number, seed: number, { backlog }: DrainBench): Promise<void> {
  await backlog.purge();
  await backlog.store(Array.from({ length: count }, (_, i) => seededRandom(seed, streams.cast, i).int(KEYS)));
}

/**
 * Each in turn works off the same messages, round after round, and another one first in each: what else the machine does
 * meets them all, and what the first finds in caches helps none more than another.
 */
export async function compareWorkers(drainers: Drainers, rounds: Rounds, bench: DrainBench): Promise<Series> {
  const all = Object.values(drainers) as readonly Drainer[];
  await bench.backlog.pause(all.flatMap(({ consumers }) => consumers));
  for (let warm = 0; warm < WARM_UP_MESSAGES; warm += rounds.messages) {
    await fill(rounds.messages, 0, bench);
    for (const each of all) {
      const { perSecond } = await drain(each, rounds.messages, bench);
      note(`${each.handler} warming up: ${perSecond.toFixed(0)}/s`);
    }
    await assertSameCalls(all);
  }
  const measured = new Map<Drainer, Drained[]>(all.map((each) => [each, []]));
  for (let round = 0; round < rounds.count; round++) {
    note(`round ${round + 1} of ${rounds.count}`);
    await fill(rounds.messages, round + 1, bench);
    for (let turn = 0; turn < all.length; turn++) {
      const each = all[(round + turn) % all.length];
      if (each === undefined) continue;
      const drained = await drain(each, rounds.messages, bench);
      const { perSecond, cpuUs, brokerCpuUs } = drained;
      note(`${each.handler}: ${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(1)} us, broker ${brokerCpuUs.toFixed(1)} us`);
      measured.get(each)?.push(drained);
    }
  }
  const { ordered, unordered, go } = drainers;
  const values = (of: Drainer, which: keyof Drained): number[] => (measured.get(of) ?? []).map((each) => each[which]);
  const ratios = (which: keyof Drained, over: Drainer): number[] => {
    const below = values(over, which);
    return values(ordered, which).map((value, i) => value / (below[i] ?? Number.NaN));
  };
  const peak = async ({ pod }: Drainer): Promise<number[]> => [await peakMegabytesOf(pidOf(pod))];
  return {
    ordered_throughput_ratio: { values: ratios('perSecond', unordered), unit: 'ratio' },
    worker_drain_rps: { values: values(ordered, 'perSecond'), unit: '/s' },
    unordered_drain_rps: { values: values(unordered, 'perSecond'), unit: '/s' },
    go_drain_rps: { values: values(go, 'perSecond'), unit: '/s' },
    worker_cpu_us: { values: values(ordered, 'cpuUs'), unit: 'us' },
    unordered_cpu_us: { values: values(unordered, 'cpuUs'), unit: 'us' },
    go_cpu_us: { values: values(go, 'cpuUs'), unit: 'us' },
    worker_cpu_ratio_go: { values: ratios('cpuUs', go), unit: 'ratio' },
    broker_cpu_us: { values: values(ordered, 'brokerCpuUs'), unit: 'us' },
    go_broker_cpu_us: { values: values(go, 'brokerCpuUs'), unit: 'us' },
    worker_rss_load_mb: { values: await peak(ordered), unit: 'MB' },
    go_rss_load_mb: { values: await peak(go), unit: 'MB' },
  };
}
