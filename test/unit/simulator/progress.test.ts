import { describe, expect, it } from 'vitest';
import { noCounts } from '#services/simulator/penalties/counts.ts';
import { progressLine } from '#services/simulator/progress.ts';
import { createTally } from '#services/simulator/tally.ts';

const progress = {
  run: '1',
  state: 'running',
  seed: 1,
  planned: 535,
  sent: 120,
  inFlight: 0,
  awaitingRetry: 0,
  held: 0,
  startedAtMs: 0,
  finishedAtMs: null,
} as const;

describe('progressLine', () => {
  it('says how far it is, and leaves out what is nought', () => {
    const report = { ...createTally().report(), intercom: { ...noCounts, delivered: 118 } };
    expect(progressLine({ ...progress, report })).toBe('sent 120 of 535, 118 delivered');
  });

  it('says what went wrong, and what waits', () => {
    const report = { ...createTally().report(), intercom: { ...noCounts, delivered: 100, errors: 7, dropped: 2 } };
    expect(progressLine({ ...progress, inFlight: 3, awaitingRetry: 5, held: 10, report })).toBe(
      'sent 120 of 535, 100 delivered, 7 errors, 2 dropped, 3 in flight, 5 to retry, 10 held',
    );
  });
});
