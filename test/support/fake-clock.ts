import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '#operator/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on, and runs what falls due on the way, each at its own time. */
  advance(ms: number): void;
  /** The same in steps, after each of which promises have had their turn. */
  run(ms: number, stepMs: number, afterStep?: () => void): Promise<void>;
  /** How many timers are set. */
  readonly timers: number;
}

/** Time that stands still until a test moves it. */
export function createFakeClock(): FakeClock {
  let nowMs = 0;
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  const advance = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (;;) {
      const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      timers.delete(next);
      nowMs = next.dueMs;
      next.run();
    }
    nowMs = untilMs;
  };
  return {
    now: () => nowMs,
    after: (delayMs, run) => {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance,
    run: async (ms, stepMs, afterStep = () => {}) => {
      await turn();
      for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
        advance(stepMs);
        await turn();
        afterStep();
      }
    },
    get timers() {
      return timers.size;
    },
  };
}
