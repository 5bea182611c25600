import { expect, it } from 'vitest';
import { readRetryAfter } from '#services/worker/exchange.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

it.each([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
])('reads %j as %i ms', (header, ms) => {
  expect(readRetryAfter(header, NOW_MS)).toBe(ms);
});

it.each([undefined, '', 'soon', '-5', '1.5', '1e3', '9999999999', '10 seconds'])('reads nothing from %j', (header) => {
  expect(readRetryAfter(header, NOW_MS)).toBeNull();
});

it('reads nothing from two headers', () => {
  expect(readRetryAfter(['1', '2'], NOW_MS)).toBeNull();
});
