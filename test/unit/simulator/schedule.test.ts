import { describe, expect, it } from 'vitest';
import { dueAtMs, type Moment, nextStep } from '#services/simulator/schedule.ts';

const moment = (changes: Partial<Moment>): Moment => ({
  elapsedMs: 1000,
  sent: 20,
  total: 100,
  ratePerSecond: 20,
  retryDueMs: null,
  inFlight: 0,
  hasRoom: true,
  ...changes,
});

describe('dueAtMs', () => {
  it('follows from index and rate alone', () => {
    expect([0, 1, 20, 21].map((index) => dueAtMs(index, 20))).toEqual([0, 50, 1000, 1050]);
  });
});

describe('nextStep', () => {
  it.each([
    { when: 'a new one is due', changes: {}, step: { kind: 'send' } },
    { when: 'the next is due in 30 ms', changes: { elapsedMs: 970 }, step: { kind: 'wait', forMs: 30 } },
    { when: 'the next is due much later', changes: { elapsedMs: 0 }, step: { kind: 'wait', forMs: 250 } },
    { when: 'one is due, but nothing may go out', changes: { hasRoom: false }, step: { kind: 'wait', forMs: 5 } },
    { when: 'a retry is due as well', changes: { retryDueMs: 1000 }, step: { kind: 'retry' } },
    { when: 'a retry is due in 40 ms', changes: { sent: 100, retryDueMs: 1040 }, step: { kind: 'wait', forMs: 40 } },
    { when: 'a new one is due and a retry later', changes: { retryDueMs: 1040 }, step: { kind: 'send' } },
    { when: 'only answers are awaited', changes: { sent: 100, inFlight: 3 }, step: { kind: 'wait', forMs: 5 } },
    { when: 'nothing is left', changes: { sent: 100 }, step: { kind: 'finished' } },
    { when: 'nothing was to be sent at all', changes: { sent: 0, total: 0 }, step: { kind: 'finished' } },
  ] as const)('$step.kind when $when', ({ changes, step }) => {
    expect(nextStep(moment(changes))).toEqual(step);
  });

  it('sends at the same times however slow the answers are', () => {
    const sendTimes = (inFlight: (sent: number) => number): number[] => {
      const times: number[] = [];
      let elapsedMs = 0;
      for (let pass = 0; pass < 1000; pass += 1) {
        const sent = times.length;
        const step = nextStep(moment({ elapsedMs, sent, total: 50, inFlight: inFlight(sent) }));
        if (step.kind === 'send') times.push(elapsedMs);
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
    const step = nextStep(moment({ elapsedMs: 5000, sent: 20 }));
    expect(step).toEqual({ kind: 'send' });
  });
});
