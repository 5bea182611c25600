import { expect, it } from 'vitest';
import { asSeen, availabilityOf, type Delivery, isJson } from '#services/worker/delivery.ts';

const answered = (status: number): Delivery => ({ kind: 'answered', status, retryAfterMs: null, answer: null });
const TIMED_OUT: Delivery = { kind: 'timed-out', unavailable: false };

it.each([
  [answered(200), 'available'],
  [answered(404), 'available'],
  [answered(500), 'available'],
  [answered(502), 'unavailable'],
  [answered(503), 'unavailable'],
  [answered(504), 'unavailable'],
  [{ kind: 'unreachable', error: 'ECONNRESET' } as const, 'unavailable'],
  [TIMED_OUT, 'timed-out'],
])('a handler that gives %j is %s', (delivery, availability) => {
  expect(availabilityOf(delivery)).toBe(availability);
});

it('a time-out that does not count against the message is the handler’s', () => {
  expect(asSeen(TIMED_OUT, true)).toEqual({ kind: 'timed-out', unavailable: false });
  expect(asSeen(TIMED_OUT, false)).toEqual({ kind: 'timed-out', unavailable: true });
  expect(asSeen(answered(503), false)).toEqual(answered(503));
});

it.each([
  'application/json',
  'Application/JSON;charset=utf-8',
  ' application/problem+json ',
  'application/vnd.a.b+json',
])('%j is JSON', (contentType) => {
  expect(isJson(contentType)).toBe(true);
});

it.each(['', 'text/plain', 'text/json', 'application/jsonl', 'application/json-seq', 'x application/json'])(
  '%j is not',
  (contentType) => {
    expect(isJson(contentType)).toBe(false);
  },
);
