import { expect, it } from 'vitest';
import { poisoned } from '#services/worker/settle.ts';

it('a message is called with until five deliveries of it ended without an outcome', () => {
  expect([0, 1, 4].map(poisoned)).toEqual([null, null, null]);
  const detail = '5 deliveries ended without an outcome';
  expect(poisoned(5)).toEqual({ kind: 'dead', reason: 'CrashedWorker', detail, countsAttempt: false });
  expect(poisoned(6)?.reason).toBe('CrashedWorker');
});
