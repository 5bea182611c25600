import type { KeyObject } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type AttemptCounts, createAttempts } from './attempts.ts';
import { epochMs } from './clock.ts';
import { type DisturbanceRequest, disturb } from './disturbances.ts';
import type { Ledger } from './ledger.ts';
import type { RunFacts } from './notification.ts';
import type { SendEvent } from './penalties/counts.ts';
import { type Planned, type PlanRequest, plannedTotal, planRun } from './plan.ts';
import type { Poster } from './post.ts';
import { dueAtMs, nextStep } from './schedule.ts';
import type { Standing } from './standing.ts';
import { createTally, type Tally, type TallyReport } from './tally.ts';

/** `stopped`: the simulator ended first; `disabled`: an answer 410 ended the subscription. */
export type RunState = 'running' | 'finished' | 'stopped' | 'disabled';

/** How far a run is. `planned` − `sent` − `held` are still to come, or never will where the run ended early. */
export interface RunProgress extends AttemptCounts {
  readonly run: string;
  readonly state: RunState;
  readonly seed: number;
  readonly planned: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly report: TallyReport;
}

/** Is told of every notification that has come due, before it leaves or is held back. */
export type Witness = (planned: Planned, facts: RunFacts) => void;

export interface RunDeps {
  readonly poster: Pick<Poster, 'post' | 'hasRoom'>;
  readonly ledger: Pick<Ledger, 'open'>;
  readonly standing: Standing;
  /** Counts over all runs; each run has one of its own beside it. */
  readonly total: Tally;
  readonly witness: Witness;
  /** Aborted when the simulator stops: nothing more is sent, answers are still awaited. */
  readonly signal: AbortSignal;
}

export interface RunOrder {
  readonly run: string;
  readonly url: string;
  readonly secret: KeyObject;
  readonly plan: PlanRequest & DisturbanceRequest;
  /** Intercom itself is down for so long from the middle of the run on. */
  readonly outageMs: number;
  readonly facts: RunFacts;
}

export interface Run {
  readonly progress: () => RunProgress;
  /** To be told when the subscription was forgiven everything. */
  readonly revived: () => void;
  /** Settles when the last answer is in and nothing waits any more. */
  readonly finished: Promise<RunProgress>;
}

/** After so many in a row, answers are read before more is sent; else a run that is late would measure itself. */
const SENDS_PER_TURN = 16;

/** Sends what the plan says when it is due, unless the subscription has forfeited it, and once more what failed. */
export function startRun(order: RunOrder, deps: RunDeps): Run {
  const { facts, outageMs } = order;
  const tally = createTally();
  const departures = disturb(planRun(order.plan), order.plan);
  const planned = plannedTotal(order.plan);
  const outageFrom = outageMs > 0 ? Math.floor(planned / 2) : Infinity;
  const record = (event: SendEvent) => {
    tally.record(event);
    deps.total.record(event);
  };
  const attempts = createAttempts({ ...order, ...deps, record, nowMs: epochMs });
  let state: RunState = 'running';
  let begun = 0;
  let finishedAtMs: number | null = null;

  const elapsedMs = () => epochMs() - facts.startedAtMs;

  function beginNext(): void {
    const next = departures.next();
    if (next.done) throw new Error('the plan ended before its total');
    if (begun === outageFrom) deps.standing.outage(epochMs() + outageMs);
    const dueMs = dueAtMs(begun, facts);
    const lateMs = elapsedMs() - dueMs;
    tally.recordLate(lateMs);
    deps.total.recordLate(lateMs);
    begun += 1;
    deps.witness(next.value.planned, facts);
    attempts.begin(next.value, facts.startedAtMs + dueMs);
  }

  const isOver = (): 'stopped' | 'disabled' | null => {
    if (deps.signal.aborted) return 'stopped';
    return deps.standing.isDisabled() ? 'disabled' : null;
  };

  async function sendAll(): Promise<'finished' | 'stopped' | 'disabled'> {
    for (let steps = 1; ; steps += 1) {
      const early = isOver();
      if (early !== null) return early;
      const waitingDueMs = attempts.waitingDueMs();
      const step = nextStep({
        elapsedMs: elapsedMs(),
        newDueMs: begun < planned ? dueAtMs(begun, facts) : null,
        waitingDueMs: waitingDueMs === null ? null : waitingDueMs - facts.startedAtMs,
        inFlight: attempts.counts().inFlight,
        hasRoom: deps.poster.hasRoom(),
      });
      switch (step.kind) {
        case 'new':
          beginNext();
          break;
        case 'waiting':
          attempts.resume();
          break;
        case 'wait':
          await sleep(step.forMs, undefined, { signal: deps.signal }).catch(() => undefined);
          break;
        case 'finished':
          return 'finished';
      }
      if (steps % SENDS_PER_TURN === 0) await nextTurn();
    }
  }

  async function carryOut(): Promise<RunProgress> {
    const end = await sendAll();
    await attempts.end(end === 'disabled' ? 'disabled' : 'stopped');
    state = end;
    finishedAtMs = epochMs();
    return progress();
  }

  const progress = (): RunProgress => ({
    run: order.run,
    state,
    seed: facts.seed,
    planned,
    ...attempts.counts(),
    startedAtMs: facts.startedAtMs,
    finishedAtMs,
    report: tally.report(),
  });
  return { progress, revived: attempts.revived, finished: carryOut() };
}
