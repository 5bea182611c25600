import { describe, expect, it } from 'vitest';
import { type Backlog, createBacklog } from '#services/simulator/backlog.ts';

function drained<T>(backlog: Backlog<T>): T[] {
  const taken: T[] = [];
  for (let next = backlog.take(); next !== undefined; next = backlog.take()) taken.push(next);
  return taken;
}

describe('the backlog', () => {
  it('is due when the earliest of all is, whatever it waits for', () => {
    const backlog = createBacklog<string>();
    expect(backlog.dueMs()).toBeNull();
    backlog.add('retry', 300, 'retry');
    expect(backlog.dueMs()).toBe(300);
    backlog.add('throttled', 100, 'throttled');
    backlog.add('low-priority', 200, 'low');
    expect([backlog.dueMs(), backlog.size()]).toEqual([100, 3]);
    expect(drained(backlog)).toEqual(['throttled', 'low', 'retry']);
    expect([backlog.dueMs(), backlog.size()]).toEqual([null, 0]);
  });

  it.each(['retry', 'throttled', 'low-priority'] as const)('gives out what waits for %s oldest first', (because) => {
    const backlog = createBacklog<number>();
    const numbers = Array.from({ length: 100 }, (_, at) => at);
    for (const number of numbers) backlog.add(because, number, number);
    expect([backlog.take(), backlog.take()]).toEqual([0, 1]);
    backlog.add(because, 100, 100);
    expect(drained(backlog)).toEqual([...numbers.slice(2), 100]);
  });

  it.each(['retry', 'throttled', 'low-priority'] as const)(
    'lets what waits less long for %s, after the policy was set, overtake what was there before',
    (because) => {
      const backlog = createBacklog<string>();
      for (const name of ['gone', 'long', 'longer']) backlog.add(because, 60_000, name);
      expect(backlog.take()).toBe('gone');
      backlog.add(because, 100, 'short');
      backlog.add(because, 50, 'shorter');
      backlog.add(because, 60_000, 'longest');
      expect(backlog.dueMs()).toBe(50);
      expect(drained(backlog)).toEqual(['shorter', 'short', 'long', 'longer', 'longest']);
    },
  );

  it.each(['throttled', 'low-priority'] as const)('lets go at once of what waits for %s', (because) => {
    const backlog = createBacklog<string>();
    backlog.add(because, 10, 'gone');
    backlog.add(because, 50, 'due');
    backlog.add(because, 60_000, 'late');
    backlog.add('retry', 200, 'retry');
    backlog.take();
    backlog.release(100);
    expect([backlog.dueMs(), backlog.size()]).toEqual([50, 3]);
    expect(drained(backlog)).toEqual(['due', 'late', 'retry']);
  });

  it('gives out what an outage held back newest first', () => {
    const backlog = createBacklog<number>();
    for (const number of [1, 2, 3]) backlog.add('outage', 500, number);
    expect(drained(backlog)).toEqual([3, 2, 1]);
  });

  it('lets what was refused go before what an outage held back, and low priority last', () => {
    const backlog = createBacklog<string>();
    for (const because of ['low-priority', 'outage', 'throttled', 'retry'] as const) backlog.add(because, 500, because);
    expect(drained(backlog)).toEqual(['retry', 'throttled', 'outage', 'low-priority']);
  });
});
