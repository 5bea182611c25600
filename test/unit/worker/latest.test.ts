import { expect, it } from 'vitest';
import { Latest } from '#services/worker/latest.ts';

it('what is older than what was handled of its key is stale, and of no other key', () => {
  const latest = new Latest();
  expect(latest.isStale('conversation/1', 100)).toBe(false);
  latest.handled('conversation/1', 100);
  expect([99, 100, 101].map((createdAt) => latest.isStale('conversation/1', createdAt))).toEqual([true, false, false]);
  latest.handled('conversation/1', 50);
  expect(latest.isStale('conversation/1', 99)).toBe(true);
  expect(latest.isStale('conversation/2', 1)).toBe(false);
  expect(latest.isStale('conversation/1', null)).toBe(false);
});

it('forgets the keys that were quiet for longest', () => {
  const latest = new Latest();
  for (let key = 0; key <= 50_000; key += 1) latest.handled(String(key), 100);
  expect(latest.isStale('0', 1)).toBe(false);
  expect(latest.isStale('1', 1)).toBe(true);
});
