import { pauses } from '#cli/local/pauses.ts';
import type { Replica } from './cluster.ts';

/** What a replica says of itself at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly leads: boolean;
  readonly rssMb: number;
  readonly openFiles: number;
}

/** Since the beginning, over every process that a replica has been. */
export interface Totals {
  readonly atMs: number;
  /** Calls and watches, as the replicas count them; the last second of a process that was killed is missing. */
  readonly requests: number;
  /** Of these, into the status of resources. */
  readonly writes: number;
}

export interface Watched {
  /** By replica, in the order of time. */
  readonly samples: ReadonlyMap<string, Sample[]>;
  readonly totals: Totals[];
  /** Moments at which both said that they lead. */
  doubleLeaders: number;
}

const EVERY_MS = 1_000;
const CALLS = 'intercom_operator_kube_call_seconds_count';
const WATCHES = 'intercom_operator_watch_restarts_total';

/** Asks both once a second until the signal fires. One that does not answer is left out. */
export async function watchReplicas(
  replicas: readonly Replica[],
  watched: Watched,
  signal: AbortSignal,
): Promise<void> {
  const counters = new Map<string, { requests: number; writes: number }>();
  const sum = { requests: 0, writes: 0 };
  try {
    for await (const _ of pauses(EVERY_MS, signal)) {
      const answers = await Promise.all(replicas.map((replica) => ask(replica)));
      const atMs = performance.now();
      for (const [i, metrics] of answers.entries()) {
        const name = replicas[i]?.name ?? '';
        if (metrics === null) continue;
        const after = countersOf(metrics);
        const before = counters.get(name) ?? { requests: 0, writes: 0 };
        sum.requests += growth(before.requests, after.requests);
        sum.writes += growth(before.writes, after.writes);
        counters.set(name, after);
        watched.samples.get(name)?.push({ atMs, ...gaugesOf(metrics) });
      }
      watched.totals.push({ atMs, ...sum });
      const leaders = answers.filter((metrics) => metrics !== null && gaugesOf(metrics).leads);
      if (leaders.length > 1) watched.doubleLeaders += 1;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Series and value, by line. */
type Metrics = readonly (readonly [series: string, value: number])[];

async function ask({ operator }: Replica): Promise<Metrics | null> {
  try {
    const { text } = await operator.ask('/metrics');
    return text.split('\n').flatMap((line) => {
      const end = line.lastIndexOf(' ');
      return line.startsWith('#') || end === -1 ? [] : [[line.slice(0, end), Number(line.slice(end + 1))] as const];
    });
  } catch {
    return null;
  }
}

const total = (metrics: Metrics, isMeant: (series: string) => boolean): number =>
  metrics.filter(([series]) => isMeant(series)).reduce((sum, [, value]) => sum + value, 0);

const countersOf = (metrics: Metrics) => ({
  requests: total(metrics, (series) => series.startsWith(CALLS) || series.startsWith(WATCHES)),
  writes: total(
    metrics,
    (series) => series.startsWith(CALLS) && /verb="apply",resource="intercomwebhooks/.test(series),
  ),
});

const gaugesOf = (metrics: Metrics) => ({
  leads: total(metrics, (series) => series === 'intercom_operator_leader') === 1,
  rssMb: total(metrics, (series) => series === 'process_resident_memory_bytes') / 1e6,
  openFiles: total(metrics, (series) => series === 'process_open_fds'),
});

/** Of a counter that begins at zero with every process. */
const growth = (before: number, after: number): number => (after >= before ? after - before : after);
