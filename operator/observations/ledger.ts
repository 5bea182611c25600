import type { Observation } from '#shared/observation.ts';
import { type Budget, budgetOf, type Counts, countsOf, isRemembered } from './budget.ts';
import { NOTHING_SEEN, type SecretKeyRef, type Seen, seenWith } from './seen.ts';

/**
 * What is known of one webhook's receivers: the last reading of each process, and what was ever seen. A process that has
 * ended stays until its answers are too old to count; one that started anew in its pod is another.
 */
export interface Ledger {
  readonly readings: readonly Reading[];
  readonly seen: Seen;
}

interface Reading {
  readonly pod: string;
  readonly startedAt: number;
  /** Seconds since 1970, by our clock. */
  readonly readAt: number;
  readonly counts: Counts;
  readonly spool: Observation['spool'];
}

/** What all receivers of a webhook saw, as far as they could be read. */
export interface Observations extends Seen {
  /** Null where no process was read within 16 minutes. */
  readonly budget: Budget | null;
  /** Of the pods that are there; `isWhole` where each of them was read the last time, and told its fill. */
  readonly spool: { readonly records: number; readonly bytes: number; readonly isWhole: boolean };
  /** Pods that are there and could not be read the last time. */
  readonly unread: readonly string[];
}

/** Of the pods that are there: whether each could be read the last time. */
export type PodState = 'untried' | 'read' | 'unread';
export type PodStates = ReadonlyMap<string, PodState>;

export const EMPTY_LEDGER: Ledger = { readings: [], seen: NOTHING_SEEN };

/** Pods of a crash loop leave one each; the 64 last read are more than a receiver has. */
const MAX_READINGS = 64;

/** @param signing as {@link seenWith} has it */
export function entered(
  ledger: Ledger,
  observation: Observation,
  { readAt, signing }: { readAt: number; signing: readonly SecretKeyRef[] },
): Ledger {
  const { pod, startedAt, spool } = observation;
  const others = ledger.readings.filter(
    (reading) => (reading.pod !== pod || reading.startedAt !== startedAt) && isRemembered(reading.readAt, readAt),
  );
  const reading = { pod, startedAt, readAt, spool, counts: countsOf(observation.answers) };
  return {
    readings: [reading, ...others].slice(0, MAX_READINGS),
    seen: seenWith(ledger.seen, observation, signing),
  };
}

export function merged({ readings, seen }: Ledger, pods: PodStates, nowSecond: number): Observations {
  const remembered = readings.filter(({ readAt }) => isRemembered(readAt, nowSecond));
  const fills = Array.from(pods, ([pod, state]) => {
    const spool = readings.find((reading) => reading.pod === pod)?.spool ?? null;
    return { records: spool?.records ?? 0, bytes: spool?.bytes ?? 0, isWhole: state === 'read' && spool !== null };
  });
  return {
    ...seen,
    budget:
      remembered.length === 0
        ? null
        : budgetOf(
            remembered.map(({ counts }) => counts),
            nowSecond,
          ),
    spool: {
      records: fills.reduce((sum, { records }) => sum + records, 0),
      bytes: fills.reduce((sum, { bytes }) => sum + bytes, 0),
      isWhole: fills.length > 0 && fills.every(({ isWhole }) => isWhole),
    },
    unread: Array.from(pods)
      .filter(([, state]) => state === 'unread')
      .map(([pod]) => pod)
      .toSorted(),
  };
}

/** Whether nothing of it counts any more: its pods are gone, and their answers too old. */
export const isOver = ({ readings }: Ledger, nowSecond: number): boolean =>
  readings.every(({ readAt }) => !isRemembered(readAt, nowSecond));
