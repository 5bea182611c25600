import { describe, expect, it } from 'vitest';
import {
  fateOf,
  noPenalties,
  type Outcome,
  type Penalties,
  penalise,
  type SendEvent,
} from '#services/simulator/penalties.ts';

const answered = (status: number, latencyMs = 20): Outcome => ({ kind: 'answered', status, latencyMs });
const timedOut: Outcome = { kind: 'timed-out', latencyMs: 5000 };
const unreachable: Outcome = { kind: 'unreachable', code: 'ECONNREFUSED', latencyMs: 1 };
const first = (outcome: Outcome): SendEvent => ({ kind: 'attempt', attempt: 1, outcome });
const second = (outcome: Outcome): SendEvent => ({ kind: 'attempt', attempt: 2, outcome });
const forgery = (outcome: Outcome): SendEvent => ({ kind: 'forgery', outcome });

const after = (...events: SendEvent[]): Penalties => events.reduce(penalise, noPenalties);

interface Case {
  readonly what: string;
  readonly events: readonly SendEvent[];
  readonly counted: Partial<Penalties>;
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
  { what: 'a time-out', events: [first(timedOut)], counted: oneError },
  { what: 'no connection', events: [first(unreachable)], counted: oneError },
  {
    what: 'an error and a retry that is delivered',
    events: [first(answered(500)), second(answered(200))],
    counted: { errors: 1, retried: 1, delivered: 1, longestStreak: 1 },
  },
  {
    what: 'an error and a retry that fails too',
    events: [first(answered(500)), second(timedOut)],
    counted: { errors: 2, retried: 1, lostAfterRetry: 1, consecutiveErrors: 2, longestStreak: 2 },
  },
  {
    what: 'a streak, a delivery, and a shorter streak',
    events: [first(timedOut), first(timedOut), first(timedOut), first(answered(200)), first(timedOut)],
    counted: { errors: 4, delivered: 1, consecutiveErrors: 1, longestStreak: 3 },
  },
  { what: 'a 410', events: [first(answered(410))], counted: { ...oneError, dropped: 1, disabled: true } },
  {
    what: 'a 410 at the retry',
    events: [first(timedOut), second(answered(410))],
    counted: { errors: 2, retried: 1, consecutiveErrors: 2, longestStreak: 2, dropped: 1, disabled: true },
  },
  {
    what: 'a 410, after which the URL is saved again',
    events: [first(answered(410)), { kind: 'url-saved' }],
    counted: { ...oneError, dropped: 1 },
  },
  { what: 'a retry that never came', events: [{ kind: 'retry-dropped' }], counted: { dropped: 1 } },
  { what: 'a forgery refused', events: [forgery(answered(401))], counted: { rejectedForgeries: 1 } },
  { what: 'a forgery refused slowly', events: [forgery(answered(403, 900))], counted: { rejectedForgeries: 1 } },
  { what: 'a forgery believed', events: [forgery(answered(200))], counted: { acceptedForgeries: 1 } },
  { what: 'a forgery that caused a failure', events: [forgery(answered(500))], counted: { undecidedForgeries: 1 } },
  { what: 'a forgery without an answer', events: [forgery(timedOut)], counted: { undecidedForgeries: 1 } },
  {
    what: 'a refused forgery between two errors: the streak is not its business',
    events: [first(timedOut), forgery(answered(401)), first(timedOut)],
    counted: { errors: 2, consecutiveErrors: 2, longestStreak: 2, rejectedForgeries: 1 },
  },
  {
    what: 'an answer 410 to a forgery: the subscription stays',
    events: [forgery(answered(410))],
    counted: { rejectedForgeries: 1 },
  },
];

describe('penalise', () => {
  it.each(cases)('counts $what', ({ events, counted }) => {
    expect(after(...events)).toEqual({ ...noPenalties, ...counted });
  });
});

describe('fateOf', () => {
  it.each([
    { attempt: 1, outcome: answered(200), fate: 'delivered' },
    { attempt: 2, outcome: answered(299), fate: 'delivered' },
    { attempt: 1, outcome: answered(300), fate: 'retry' },
    { attempt: 1, outcome: answered(404), fate: 'retry' },
    { attempt: 1, outcome: answered(410), fate: 'disabled' },
    { attempt: 2, outcome: answered(410), fate: 'disabled' },
    { attempt: 1, outcome: timedOut, fate: 'retry' },
    { attempt: 1, outcome: unreachable, fate: 'retry' },
    { attempt: 2, outcome: answered(503), fate: 'lost' },
    { attempt: 2, outcome: unreachable, fate: 'lost' },
  ] as const)('attempt $attempt, $outcome.kind $outcome.status: $fate', ({ attempt, outcome, fate }) => {
    expect(fateOf(attempt, outcome)).toBe(fate);
  });
});
