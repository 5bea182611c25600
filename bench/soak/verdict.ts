import type { Row, Section } from '#cli/demo/table.ts';
import type { ChangeCounts } from './changes.ts';
import type { Sample, Totals } from './watch-replicas.ts';

export interface Evidence {
  readonly seconds: number;
  readonly changes: ChangeCounts;
  /** Names of the faults, as they came. */
  readonly faults: readonly string[];
  /** By round: how long it took until every resource was settled when the faults were over, and what was not in time. */
  readonly pauses: readonly { readonly settledMs: number; readonly unsettled: readonly string[] }[];
  /** Of the replica that lives from the beginning to the end. */
  readonly survivor: readonly Sample[];
  readonly totals: readonly Totals[];
  /** How often another replica led than before. */
  readonly handOvers: number;
  readonly doubleLeaders: number;
  /** What went wrong that was no fault of the plan. */
  readonly accidents: readonly string[];
}

/** A connection that is open at one end only is noticed when a watch would have ended: after 70 s at most. */
export const MAX_SETTLE_MS = 90_000;
/** Two specs a second, each some ten writes, and ten more for leases and watches; what retries without a pause makes hundreds. */
const MAX_REQUESTS_PER_S = 40;
const MAX_BURST_PER_S = 80;
const BURST_MS = 10_000;
/** When it was read and when its streams are there; and into every resource twice for each time that NATS is away. */
const MAX_WRITES_PER_SPEC = 5;
const MAX_GROWTH_MB = 8;
/** Below it, what a process takes to get into its stride outweighs all. */
const MIN_SECONDS_OF_MEMORY = 600;
const MAX_OPEN_FILES = 100;

/** The closing table. Pure. */
export function summarise(evidence: Evidence): readonly Section[] {
  const { seconds, changes, faults, pauses, survivor, totals } = evidence;
  const unsettled = pauses.flatMap((pause) => pause.unsettled);
  const settledMs = pauses.map((pause) => pause.settledMs);
  const { requests, writes } = totals.at(-1) ?? { requests: 0, writes: 0 };
  const second = survivor.slice(survivor.length >> 1);
  const growthMb = (slopePerHour(second) * spanMs(second)) / 3_600_000;
  const growth = `${growthMb.toFixed(1)} MB`;
  return [
    {
      title: 'What was done',
      rows: [
        fact('seconds', seconds.toFixed(0)),
        fact('specs written', changes.written),
        fact('resources deleted', changes.deleted),
        fact('changes that the API server did not take', changes.failed),
        ...Array.from(
          Map.groupBy(faults, (name) => name),
          ([name, times]) => fact(`fault: ${name}`, times.length),
        ),
      ],
    },
    {
      title: 'What came of it',
      rows: [
        fact('pauses in which every status was compared', pauses.length),
        atMost('statuses not right for their generation', unsettled.length, 0),
        atMost('longest until all were right, s', Math.max(0, ...settledMs) / 1000, MAX_SETTLE_MS / 1000),
        fact('median until all were right, s', (median(settledMs) / 1000).toFixed(1)),
        fact('hand-overs', evidence.handOvers),
        atMost('moments with two leaders', evidence.doubleLeaders, 0),
        atMost('accidents', evidence.accidents.length, 0),
      ],
    },
    {
      title: 'What it cost',
      rows: [
        atMost('requests a second, both replicas', requests / Math.max(1, seconds), MAX_REQUESTS_PER_S),
        atMost('requests a second in the busiest 10 s', busiest(totals), MAX_BURST_PER_S),
        atMost('status writes per spec written', writes / Math.max(1, changes.written), MAX_WRITES_PER_SPEC),
        fact('memory at the end, MB', (survivor.at(-1)?.rssMb ?? 0).toFixed(1)),
        fact('slope of memory in the second half, MB/h', slopePerHour(second).toFixed(1)),
        seconds < MIN_SECONDS_OF_MEMORY
          ? fact('growth in the second half', growth)
          : promise('growth in the second half', growth, growthMb <= MAX_GROWTH_MB),
        atMost('open files', Math.max(0, ...survivor.map(({ openFiles }) => openFiles)), MAX_OPEN_FILES),
      ],
    },
  ];
}

const fact = (label: string, value: unknown): Row => ({ label, value: String(value), kept: null });
const promise = (label: string, value: string, kept: boolean): Row => ({ label, value, kept });
const atMost = (label: string, value: number, most: number): Row =>
  promise(`${label} (at most ${most})`, Number.isInteger(value) ? String(value) : value.toFixed(1), value <= most);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const spanMs = (samples: readonly Sample[]): number => (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);

/** MB an hour, by least squares; 0 of less than two samples. */
export function slopePerHour(samples: readonly Pick<Sample, 'atMs' | 'rssMb'>[]): number {
  const mean = (of: (sample: Pick<Sample, 'atMs' | 'rssMb'>) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [meanMs, meanMb] = [mean(({ atMs }) => atMs), mean(({ rssMb }) => rssMb)];
  const spread = samples.reduce((sum, { atMs }) => sum + (atMs - meanMs) ** 2, 0);
  if (samples.length < 2 || spread === 0) return 0;
  const together = samples.reduce((sum, { atMs, rssMb }) => sum + (atMs - meanMs) * (rssMb - meanMb), 0);
  return (together / spread) * 3_600_000;
}

/** Requests a second in the 10 s that had the most. */
export function busiest(totals: readonly Pick<Totals, 'atMs' | 'requests'>[]): number {
  let most = 0;
  let start = 0;
  for (const { atMs, requests } of totals) {
    while ((totals[start]?.atMs ?? atMs) < atMs - BURST_MS) start += 1;
    most = Math.max(most, requests - (totals[start]?.requests ?? 0));
  }
  return (most * 1000) / BURST_MS;
}
