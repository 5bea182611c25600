import { describe, expect, it } from 'vitest';
import { dueAtMs, type Moment, nextStep, type Pace } from '#services/simulator/schedule.ts';

const moment = (changes: Partial<Moment>): Moment => ({
  elapsedMs: 1000,
  newDueMs: 1000,
  waitingDueMs: null,
  inFlight: 0,
  hasRoom: true,
  ...changes,
});

describe('dueAtMs', () => {
  const dues = (pace: Pace, ...indexes: number[]) => indexes.map((index) => dueAtMs(index, pace));

  it('follows from index and rate alone', () => {
    expect(dues({ ratePerSecond: 20 }, 0, 1, 20, 21)).toEqual([0, 50, 1000, 1050]);
  });

  it('runs five times as fast through a burst, and goes on from its end', () => {
    const pace = { ratePerSecond: 20, burst: { from: 20, count: 10 } };
    expect(dues(pace, 19, 20, 21, 22, 29, 30, 31)).toEqual([950, 1000, 1010, 1020, 1090, 1100, 1150]);
  });
});

describe('nextStep', () => {
  it.each([
    { when: 'a new one is due', changes: {}, step: { kind: 'new' } },
    { when: 'the next is due in 30 ms', changes: { elapsedMs: 970 }, step: { kind: 'wait', forMs: 30 } },
    { when: 'the next is due much later', changes: { elapsedMs: 0 }, step: { kind: 'wait', forMs: 250 } },
    { when: 'one is due, but nothing may go out', changes: { hasRoom: false }, step: { kind: 'wait', forMs: 5 } },
    { when: 'one that waits is due as well', changes: { waitingDueMs: 1000 }, step: { kind: 'waiting' } },
    {
      when: 'one that waits is due in 40 ms',
      changes: { newDueMs: null, waitingDueMs: 1040 },
      step: { kind: 'wait', forMs: 40 },
    },
    { when: 'a new one is due and one that waits later', changes: { waitingDueMs: 1040 }, step: { kind: 'new' } },
    { when: 'only answers are awaited', changes: { newDueMs: null, inFlight: 3 }, step: { kind: 'wait', forMs: 5 } },
    { when: 'nothing is left', changes: { newDueMs: null }, step: { kind: 'finished' } },
  ] as const)('$step.kind when $when', ({ changes, step }) => {
    expect(nextStep(moment(changes))).toEqual(step);
  });

  it('sends at the same times however slow the answers are', () => {
    const sendTimes = (inFlight: (sent: number) => number): number[] => {
      const times: number[] = [];
      let elapsedMs = 0;
      for (let pass = 0; pass < 1000; pass += 1) {
        const sent = times.length;
        const newDueMs = sent < 50 ? dueAtMs(sent, { ratePerSecond: 20 }) : null;
        const step = nextStep(moment({ elapsedMs, newDueMs, inFlight: inFlight(sent) }));
        if (step.kind === 'new') times.push(elapsedMs);
        else if (step.kind === 'wait') elapsedMs += step.forMs;
        else break;
      }
      return times;
    };
    const answeredAtOnce = sendTimes(() => 0);
    expect(answeredAtOnce).toEqual(Array.from({ length: 50 }, (_, index) => index * 50));
    expect(sendTimes((sent) => sent)).toEqual(answeredAtOnce);
  });

  it('catches up at once after it was held back', () => {
    const step = nextStep(moment({ elapsedMs: 5000 }));
    expect(step).toEqual({ kind: 'new' });
  });
});
