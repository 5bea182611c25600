import { describe, expect, it } from 'vitest';
import { type Counts, count, noCounts, type SendEvent } from '#services/simulator/penalties/counts.ts';
import { fateOf, type Outcome } from '#services/simulator/penalties/outcome.ts';
import { aborted, answered, timedOut, unreachable } from './answers.ts';

const first = (outcome: Outcome): SendEvent => ({ kind: 'attempt', attempt: 1, outcome });
const second = (outcome: Outcome): SendEvent => ({ kind: 'attempt', attempt: 2, outcome });
const forgery = (outcome: Outcome): SendEvent => ({ kind: 'forgery', outcome });
const replay = (outcome: Outcome): SendEvent => ({ kind: 'replay', outcome });

interface Case {
  readonly what: string;
  readonly events: readonly SendEvent[];
  readonly counted: Partial<Counts>;
}

const oneError = { errors: 1, consecutiveErrors: 1, longestStreak: 1 };

const cases: readonly Case[] = [
  { what: 'a 200', events: [first(answered(200))], counted: { delivered: 1 } },
  { what: 'a 204', events: [first(answered(204))], counted: { delivered: 1 } },
  { what: 'a 200 after exactly 500 ms', events: [first(answered(200, 500))], counted: { delivered: 1 } },
  { what: 'a 200 after more', events: [first(answered(200, 501))], counted: { delivered: 1, slow: 1 } },
  { what: 'a redirect', events: [first(answered(302))], counted: oneError },
  { what: 'a 401', events: [first(answered(401))], counted: oneError },
  { what: 'a 429', events: [first(answered(429))], counted: { ...oneError, throttled: 1 } },
  { what: 'a slow 503', events: [first(answered(503, 900))], counted: { ...oneError, slow: 1 } },
  { what: 'a time-out', events: [first(timedOut)], counted: { ...oneError, slow: 1 } },
  { what: 'no connection', events: [first(unreachable)], counted: oneError },
  {
    what: 'an error and a retry that is delivered',
    events: [first(answered(500)), second(answered(200))],
    counted: { errors: 1, retried: 1, delivered: 1, longestStreak: 1 },
  },
  {
    what: 'an error and a retry that fails too',
    events: [first(answered(500)), second(timedOut)],
    counted: { errors: 2, retried: 1, lostAfterRetry: 1, slow: 1, consecutiveErrors: 2, longestStreak: 2 },
  },
  {
    what: 'a 429 at the retry: put off once more, not lost',
    events: [first(answered(500)), second(answered(429))],
    counted: { errors: 2, retried: 1, throttled: 1, consecutiveErrors: 2, longestStreak: 2 },
  },
  {
    what: 'a streak, a delivery, and a shorter streak',
    events: [first(unreachable), first(unreachable), first(unreachable), first(answered(200)), first(unreachable)],
    counted: { errors: 4, delivered: 1, consecutiveErrors: 1, longestStreak: 3 },
  },
  {
    what: 'a request that the sender broke off between two errors: the streak is not its business',
    events: [first(unreachable), first(aborted), first(unreachable)],
    counted: { errors: 2, aborted: 1, consecutiveErrors: 2, longestStreak: 2 },
  },
  {
    what: 'a 410, and the notification dropped',
    events: [first(answered(410)), { kind: 'dropped', because: 'disabled' }],
    counted: { ...oneError, dropped: 1 },
  },
  { what: 'a retry that never came', events: [{ kind: 'dropped', because: 'stopped' }], counted: { dropped: 1 } },
  { what: 'a forgery refused', events: [forgery(answered(401))], counted: { rejectedForgeries: 1 } },
  { what: 'a forgery refused slowly', events: [forgery(answered(403, 900))], counted: { rejectedForgeries: 1 } },
  { what: 'a forgery believed', events: [forgery(answered(200))], counted: { acceptedForgeries: 1 } },
  { what: 'a forgery that caused a failure', events: [forgery(answered(500))], counted: { undecidedForgeries: 1 } },
  { what: 'a forgery without an answer', events: [forgery(timedOut)], counted: { undecidedForgeries: 1 } },
  {
    what: 'a refused forgery and a failed replay between two errors',
    events: [first(unreachable), forgery(answered(401)), replay(unreachable), first(unreachable)],
    counted: { errors: 2, consecutiveErrors: 2, longestStreak: 2, rejectedForgeries: 1, replays: 1 },
  },
  { what: 'a replay believed', events: [replay(answered(200, 900))], counted: { replays: 1 } },
];

describe('count', () => {
  it.each(cases)('counts $what', ({ events, counted }) => {
    expect(events.reduce(count, noCounts)).toEqual({ ...noCounts, ...counted });
  });
});

describe('fateOf', () => {
  it.each([
    { attempt: 1, outcome: answered(200), fate: 'delivered' },
    { attempt: 2, outcome: answered(299), fate: 'delivered' },
    { attempt: 1, outcome: answered(199), fate: 'retry' },
    { attempt: 1, outcome: answered(300), fate: 'retry' },
    { attempt: 1, outcome: answered(404), fate: 'retry' },
    { attempt: 1, outcome: answered(409), fate: 'retry' },
    { attempt: 1, outcome: answered(410), fate: 'disabled' },
    { attempt: 2, outcome: answered(410), fate: 'disabled' },
    { attempt: 1, outcome: answered(411), fate: 'retry' },
    { attempt: 1, outcome: answered(428), fate: 'retry' },
    { attempt: 1, outcome: answered(429), fate: 'put-off' },
    { attempt: 2, outcome: answered(429), fate: 'put-off' },
    { attempt: 2, outcome: answered(430), fate: 'lost' },
    { attempt: 1, outcome: timedOut, fate: 'retry' },
    { attempt: 1, outcome: unreachable, fate: 'retry' },
    { attempt: 2, outcome: answered(503), fate: 'lost' },
    { attempt: 2, outcome: unreachable, fate: 'lost' },
    { attempt: 1, outcome: aborted, fate: 'again' },
    { attempt: 2, outcome: aborted, fate: 'again' },
  ] as const)('attempt $attempt, $outcome.kind $outcome.status: $fate', ({ attempt, outcome, fate }) => {
    expect(fateOf(attempt, outcome)).toBe(fate);
  });
});
