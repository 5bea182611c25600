import type { KeyObject } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createAttempts } from './attempts.ts';
import { epochMs } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { RunFacts } from './notification.ts';
import type { SendEvent } from './penalties.ts';
import { type PlanRequest, plannedTotal, planRun } from './plan.ts';
import type { Poster } from './post.ts';
import { dueAtMs, nextStep } from './schedule.ts';
import { createTally, type Tally, type TallyReport } from './tally.ts';

/** `stopped`: the simulator ended first; `disabled`: an answer 410 ended the subscription. */
export type RunState = 'running' | 'finished' | 'stopped' | 'disabled';

/** How far a run is. `planned` − `sent` are still to come, or never will where the run ended early. */
export interface RunProgress {
  readonly run: string;
  readonly state: RunState;
  readonly seed: number;
  readonly planned: number;
  readonly sent: number;
  readonly inFlight: number;
  readonly awaitingRetry: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly report: TallyReport;
}

export interface RunDeps {
  readonly poster: Pick<Poster, 'post' | 'hasRoom'>;
  readonly ledger: Pick<Ledger, 'open'>;
  /** Counts over all runs; each run has one of its own beside it. */
  readonly total: Tally;
  readonly retryAfterMs: number;
  /** Aborted when the simulator stops: nothing more is sent, answers are still awaited. */
  readonly signal: AbortSignal;
}

export interface RunOrder {
  readonly run: string;
  readonly url: string;
  readonly secret: KeyObject;
  readonly plan: PlanRequest;
  readonly facts: RunFacts;
}

export interface Run {
  readonly progress: () => RunProgress;
  /** Settles when the last answer is in and no retry is due any more. */
  readonly finished: Promise<RunProgress>;
}

/** After so many in a row, answers are read before more is sent; else a run that is late would measure itself. */
const SENDS_PER_TURN = 16;

/** Sends what the plan says when it is due, and once more, `retryAfterMs` later, what failed. */
export function startRun(order: RunOrder, deps: RunDeps): Run {
  const { facts } = order;
  const tally = createTally();
  const plan = planRun(order.plan);
  const planned = plannedTotal(order.plan);
  const record = (event: SendEvent) => {
    tally.record(event);
    deps.total.record(event);
  };
  const attempts = createAttempts({ ...order, ...deps, record });
  let state: RunState = 'running';
  let sent = 0;
  let finishedAtMs: number | null = null;

  const elapsedMs = () => epochMs() - facts.startedAtMs;

  function sendNext(): void {
    const next = plan.next();
    if (next.done) throw new Error('the plan ended before its total');
    const lateMs = elapsedMs() - dueAtMs(sent, facts.ratePerSecond);
    tally.recordLate(lateMs);
    deps.total.recordLate(lateMs);
    sent += 1;
    attempts.first(next.value);
  }

  const isOver = (): RunState | null => {
    if (deps.signal.aborted) return 'stopped';
    return deps.total.penalties().disabled ? 'disabled' : null;
  };

  async function sendAll(): Promise<RunState> {
    for (;;) {
      const early = isOver();
      if (early !== null) return early;
      const step = nextStep({
        elapsedMs: elapsedMs(),
        sent,
        total: planned,
        ratePerSecond: facts.ratePerSecond,
        retryDueMs: attempts.retryDueMs(),
        inFlight: attempts.inFlight(),
        hasRoom: deps.poster.hasRoom(),
      });
      switch (step.kind) {
        case 'send':
          sendNext();
          if (sent % SENDS_PER_TURN === 0) await nextTurn();
          break;
        case 'retry':
          attempts.retryOldest();
          break;
        case 'wait':
          await sleep(step.forMs, undefined, { signal: deps.signal }).catch(() => undefined);
          break;
        case 'finished':
          return 'finished';
      }
    }
  }

  async function carryOut(): Promise<RunProgress> {
    const end = await sendAll();
    await attempts.end();
    state = end;
    finishedAtMs = epochMs();
    return progress();
  }

  const progress = (): RunProgress => ({
    run: order.run,
    state,
    seed: facts.seed,
    planned,
    sent,
    inFlight: attempts.inFlight(),
    awaitingRetry: attempts.awaitingRetry(),
    startedAtMs: facts.startedAtMs,
    finishedAtMs,
    report: tally.report(),
  });
  return { progress, finished: carryOut() };
}
