import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { noPenalties, type Outcome, type Penalties, penalise, type SendEvent } from './penalties.ts';

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
  readonly intercom: Penalties;
  /** Status, or the error's code → how many attempts ended so. Forgeries are counted apart. */
  readonly answers: Readonly<Record<string, number>>;
  readonly forgeryAnswers: Readonly<Record<string, number>>;
  /** Intercom's own attempts that were answered. */
  readonly latencyMs: Quantiles;
  /** How far behind its due time each new notification left: what the bound on requests in flight, or this machine, cost. */
  readonly lateMs: Quantiles;
}

/** Counts what happens; constant in size whatever the load. */
export interface Tally {
  readonly record: (event: SendEvent) => void;
  readonly recordLate: (lateMs: number) => void;
  readonly penalties: () => Penalties;
  readonly report: () => TallyReport;
}

export function createTally(): Tally {
  let penalties = noPenalties;
  const answers: Record<string, number> = {};
  const forgeryAnswers: Record<string, number> = {};
  const latencies = createHistogram();
  const lateness = createHistogram();
  return {
    record(event) {
      penalties = penalise(penalties, event);
      if (event.kind !== 'attempt' && event.kind !== 'forgery') return;
      const counts = event.kind === 'attempt' ? answers : forgeryAnswers;
      const answer = answerOf(event.outcome);
      counts[answer] = (counts[answer] ?? 0) + 1;
      if (event.kind === 'attempt' && event.outcome.kind === 'answered') measure(latencies, event.outcome.latencyMs);
    },
    recordLate: (lateMs) => measure(lateness, lateMs),
    penalties: () => penalties,
    report: () => ({
      intercom: penalties,
      answers: { ...answers },
      forgeryAnswers: { ...forgeryAnswers },
      latencyMs: quantiles(latencies),
      lateMs: quantiles(lateness),
    }),
  };
}

/** The status of the answer, or why there was none, as one short string. */
export function answerOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return String(outcome.status);
    case 'timed-out':
      return 'timeout';
    case 'unreachable':
      return outcome.code;
  }
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
