import { epochMs } from './clock.ts';
import type { Manner } from './disturbances.ts';
import type { Identity } from './notification.ts';
import { answerOf, type Outcome } from './penalties/outcome.ts';
import type { DropReason, HoldReason } from './penalties/ruling.ts';
import type { Planned } from './plan.ts';

/** One attempt as it happened; `status` where there was an answer, `error` where there was none. Times in ms since 1970. */
export interface AttemptLine {
  readonly atMs: number;
  readonly latencyMs: number;
  readonly status?: number;
  readonly error?: string;
}

/** One notification that was sent or dropped: a line of `GET /notifications`. Never holds a body. */
export interface NotificationLine extends Identity {
  readonly run: string;
  /** `<app_id>:<id>`: what makes it one and the same to a receiver. */
  readonly key: string;
  readonly kind: Planned['kind'];
  /** When it left for the first time, or was dropped. */
  readonly sentAtMs: number;
  readonly attempts: AttemptLine[];
  /** Why it didn't leave when it was due. */
  readonly held?: HoldReason;
  /** How its first attempt left, if not in one go. */
  readonly manner?: Manner;
  /** Why it was given up. */
  dropped?: DropReason | 'stopped';
}

/** What was sent, in the order of sending; bounded by reservation, so that a run either fits as a whole or doesn't start. */
export interface Ledger {
  /** @returns false when so many more would not fit */
  readonly reserve: (count: number) => boolean;
  readonly open: (line: Omit<NotificationLine, 'sentAtMs' | 'attempts'>) => NotificationLine;
  /** @param run only this run's */
  readonly lines: (run?: string) => Generator<NotificationLine, void, undefined>;
}

export function createLedger(maxNotifications: number): Ledger {
  const all: NotificationLine[] = [];
  let reserved = 0;
  return {
    reserve(count) {
      if (reserved + count > maxNotifications) return false;
      reserved += count;
      return true;
    },
    open(line) {
      const opened = { ...line, sentAtMs: epochMs(), attempts: [] };
      all.push(opened);
      return opened;
    },
    *lines(run) {
      for (const line of all) if (run === undefined || line.run === run) yield line;
    },
  };
}

/** @param atMs when the attempt began */
export function attemptLine(atMs: number, outcome: Outcome): AttemptLine {
  const { latencyMs } = outcome;
  return outcome.kind === 'answered'
    ? { atMs, latencyMs, status: outcome.status }
    : { atMs, latencyMs, error: answerOf(outcome) };
}
