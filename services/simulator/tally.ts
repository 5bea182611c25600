import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Counts, count, noCounts, type SendEvent } from './penalties/counts.ts';
import { answerOf } from './penalties/outcome.ts';

/** Quantiles of a duration in milliseconds; all 0 when nothing was measured. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What was counted, over one run or over all. */
export interface TallyReport {
  readonly intercom: Counts;
  /** Status, or the error's code → how many attempts ended so. Forgeries and replays are counted apart. */
  readonly answers: Readonly<Record<string, number>>;
  readonly forgeryAnswers: Readonly<Record<string, number>>;
  readonly replayAnswers: Readonly<Record<string, number>>;
  /** Why → how many notifications were dropped for it. */
  readonly drops: Readonly<Record<string, number>>;
  /** Intercom's own attempts that were answered. */
  readonly latencyMs: Quantiles;
  /** How far behind its due time each new notification left: what the bound on requests in flight, or this machine, cost. */
  readonly lateMs: Quantiles;
}

/** Counts what happens; constant in size whatever the load. */
export interface Tally {
  readonly record: (event: SendEvent) => void;
  readonly recordLate: (lateMs: number) => void;
  readonly report: () => TallyReport;
}

export function createTally(): Tally {
  let counts = noCounts;
  const answers: Record<SendEvent['kind'], Record<string, number>> = {
    attempt: {},
    forgery: {},
    replay: {},
    dropped: {},
  };
  const latencies = createHistogram();
  const lateness = createHistogram();
  return {
    record(event) {
      counts = count(counts, event);
      const what = event.kind === 'dropped' ? event.because : answerOf(event.outcome);
      const ofKind = answers[event.kind];
      ofKind[what] = (ofKind[what] ?? 0) + 1;
      if (event.kind === 'attempt' && event.outcome.kind === 'answered') measure(latencies, event.outcome.latencyMs);
    },
    recordLate: (lateMs) => measure(lateness, lateMs),
    report: () => ({
      intercom: counts,
      answers: { ...answers.attempt },
      forgeryAnswers: { ...answers.forgery },
      replayAnswers: { ...answers.replay },
      drops: { ...answers.dropped },
      latencyMs: quantiles(latencies),
      lateMs: quantiles(lateness),
    }),
  };
}

/** Histograms of perf_hooks hold whole numbers from 1 on, so durations are kept in microseconds. */
function measure(histogram: RecordableHistogram, durationMs: number): void {
  histogram.record(Math.max(1, Math.round(durationMs * 1000)));
}

function quantiles(histogram: RecordableHistogram): Quantiles {
  const { count } = histogram;
  const at = (percentile: number) => (count === 0 ? 0 : histogram.percentile(percentile) / 1000);
  return { count, p50: at(50), p99: at(99), p999: at(99.9), max: count === 0 ? 0 : histogram.max / 1000 };
}
