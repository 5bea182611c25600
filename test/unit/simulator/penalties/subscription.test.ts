import { describe, expect, it } from 'vitest';
import type { Outcome } from '#services/simulator/penalties/outcome.ts';
import { intercomPolicy } from '#services/simulator/penalties/policy.ts';
import { conditionAt } from '#services/simulator/penalties/ruling.ts';
import {
  advance,
  type Condition,
  type Happening,
  newSubscription,
  type Subscription,
} from '#services/simulator/penalties/subscription.ts';
import { aborted, answered, timedOut, unreachable } from './answers.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ended = (atMs: number, outcome: Outcome): Happening => ({ kind: 'attempt-ended', atMs, outcome });
const error = (atMs: number): Happening => ended(atMs, answered(500));
const throttling = (atMs: number): Happening => ended(atMs, answered(429));
const delivery = (atMs: number): Happening => ended(atMs, answered(200));
const revived: Happening = { kind: 'revived' };

/** `count` errors; the first at `fromMs`, the last at `toMs`. */
const errors = (count: number, fromMs: number, toMs: number): Happening[] =>
  Array.from({ length: count }, (_, at) => error(fromMs + (count === 1 ? 0 : (at * (toMs - fromMs)) / (count - 1))));

const after = (happenings: readonly Happening[], policy = intercomPolicy): Subscription =>
  happenings.reduce((subscription, happening) => advance(subscription, happening, policy), newSubscription);

interface Case {
  readonly when: string;
  readonly happenings: readonly Happening[];
  readonly atMs: number;
  readonly condition: Condition;
}

const live: Condition = { kind: 'live' };

const pauses: readonly Case[] = [
  { when: '1000 errors in a row', happenings: errors(1000, 0, MINUTE), atMs: MINUTE, condition: live },
  {
    when: '1001 errors in a row',
    happenings: errors(1001, 0, MINUTE),
    atMs: MINUTE,
    condition: { kind: 'paused', untilMs: 16 * MINUTE },
  },
  {
    when: '1001 errors, the last exactly 15 minutes after the first',
    happenings: errors(1001, 0, 15 * MINUTE),
    atMs: 15 * MINUTE,
    condition: { kind: 'paused', untilMs: 30 * MINUTE },
  },
  {
    when: '1001 errors in a row over 1 ms more than 15 minutes',
    happenings: errors(1001, 0, 15 * MINUTE + 1),
    atMs: 15 * MINUTE + 1,
    condition: live,
  },
  {
    when: '1000 errors, a delivery, and one error',
    happenings: [...errors(1000, 0, MINUTE), delivery(MINUTE), error(MINUTE)],
    atMs: MINUTE,
    condition: live,
  },
  {
    when: '1000 errors, a slow delivery, and one error',
    happenings: [...errors(1000, 0, MINUTE), ended(MINUTE, answered(204, 4999)), error(MINUTE)],
    atMs: MINUTE,
    condition: live,
  },
  {
    when: '1000 errors, one that the sender broke off, and one error',
    happenings: [...errors(1000, 0, MINUTE), ended(MINUTE, aborted), error(MINUTE)],
    atMs: MINUTE,
    condition: { kind: 'paused', untilMs: 16 * MINUTE },
  },
  {
    when: 'a pause, 1 ms before its end',
    happenings: errors(1001, 0, MINUTE),
    atMs: 16 * MINUTE - 1,
    condition: { kind: 'paused', untilMs: 16 * MINUTE },
  },
  { when: 'a pause, at its end', happenings: errors(1001, 0, MINUTE), atMs: 16 * MINUTE, condition: live },
  {
    when: 'a pause and 5000 errors of what was under way',
    happenings: [...errors(1001, 0, MINUTE), ...errors(5000, MINUTE, 2 * MINUTE)],
    atMs: 16 * MINUTE,
    condition: live,
  },
  {
    when: 'a pause and 1000 errors after it',
    happenings: [...errors(1001, 0, MINUTE), ...errors(1000, 16 * MINUTE, 17 * MINUTE)],
    atMs: 17 * MINUTE,
    condition: live,
  },
  {
    when: 'a pause and 1001 errors after it',
    happenings: [...errors(1001, 0, MINUTE), ...errors(1001, 16 * MINUTE, 17 * MINUTE)],
    atMs: 17 * MINUTE,
    condition: { kind: 'paused', untilMs: 32 * MINUTE },
  },
  {
    when: 'a pause, and the URL saved',
    happenings: [...errors(1001, 0, MINUTE), revived],
    atMs: MINUTE,
    condition: live,
  },
];

const suspensions: readonly Case[] = [
  { when: 'errors for exactly 7 days', happenings: [error(0), error(7 * DAY)], atMs: 7 * DAY, condition: live },
  {
    when: 'errors for 1 ms more than 7 days',
    happenings: [error(0), ended(7 * DAY + 1, timedOut)],
    atMs: 9 * DAY,
    condition: { kind: 'suspended', sinceMs: 7 * DAY + 1 },
  },
  { when: 'an error, and silence for 8 days', happenings: [error(0)], atMs: 8 * DAY, condition: live },
  {
    when: 'errors for 8 days, a single delivery among them',
    happenings: [error(0), delivery(DAY), error(2 * DAY), error(8 * DAY)],
    atMs: 8 * DAY,
    condition: live,
  },
  {
    when: 'errors for 8 days, the last while paused',
    happenings: [error(0), ...errors(1001, 7 * DAY, 7 * DAY), error(7 * DAY + MINUTE)],
    atMs: 8 * DAY,
    condition: { kind: 'suspended', sinceMs: 7 * DAY + MINUTE },
  },
  {
    when: 'a suspension, and deliveries of what was under way',
    happenings: [error(0), error(8 * DAY), delivery(8 * DAY)],
    atMs: 8 * DAY,
    condition: { kind: 'suspended', sinceMs: 8 * DAY },
  },
  {
    when: 'a suspension, set live, and an error',
    happenings: [error(0), error(8 * DAY), revived, error(8 * DAY)],
    atMs: 8 * DAY,
    condition: live,
  },
];

const disablings: readonly Case[] = [
  {
    when: 'an answer 410',
    happenings: [ended(5, answered(410))],
    atMs: 9 * DAY,
    condition: { kind: 'disabled', sinceMs: 5 },
  },
  {
    when: 'an answer 410 during a pause',
    happenings: [...errors(1001, 0, MINUTE), ended(MINUTE, answered(410))],
    atMs: 9 * DAY,
    condition: { kind: 'disabled', sinceMs: MINUTE },
  },
  {
    when: 'an answer 410, and whatever else was under way',
    happenings: [ended(5, answered(410)), delivery(6), throttling(7), ...errors(1001, 8, 9)],
    atMs: 10,
    condition: { kind: 'disabled', sinceMs: 5 },
  },
  {
    when: 'an answer 410, and the URL saved',
    happenings: [ended(5, answered(410)), revived],
    atMs: 6,
    condition: live,
  },
];

const throttled = (untilMs: number, delayMs: number): Condition => ({ kind: 'throttled', untilMs, delayMs });

/** Each 429 comes at the very end of the delay before. */
const doubling = [1, 2, 4, 8, 16, 32, 64, 120, 120];

const throttlings: readonly Case[] = [
  { when: 'a 429', happenings: [throttling(0)], atMs: MINUTE - 1, condition: throttled(MINUTE, MINUTE) },
  { when: 'a 429, a minute later', happenings: [throttling(0)], atMs: MINUTE, condition: live },
  {
    when: 'more 429 to what left before the delay began',
    happenings: [throttling(0), throttling(1), throttling(MINUTE - 1)],
    atMs: MINUTE - 1,
    condition: throttled(MINUTE, MINUTE),
  },
  {
    when: 'a 429 after the delay',
    happenings: [throttling(0), throttling(MINUTE)],
    atMs: MINUTE,
    condition: throttled(3 * MINUTE, 2 * MINUTE),
  },
  {
    when: 'nine in a row: no delay is longer than two hours',
    happenings: doubling.map((_, at) =>
      throttling(doubling.slice(0, at).reduce((sum, each) => sum + each, 0) * MINUTE),
    ),
    atMs: 247 * MINUTE,
    condition: throttled((247 + 120) * MINUTE, 2 * HOUR),
  },
  {
    when: 'a 429 after the delay and a delivery',
    happenings: [throttling(0), delivery(MINUTE), throttling(MINUTE)],
    atMs: MINUTE,
    condition: throttled(2 * MINUTE, MINUTE),
  },
  {
    when: 'a 429 after the delay, and a delivery of what left before it',
    happenings: [throttling(0), delivery(1), throttling(MINUTE)],
    atMs: MINUTE,
    condition: throttled(3 * MINUTE, 2 * MINUTE),
  },
  {
    when: 'a 429 during a pause',
    happenings: [...errors(1001, 0, MINUTE), throttling(MINUTE)],
    atMs: 16 * MINUTE,
    condition: live,
  },
  {
    when: '1001 answers 429 at once: they are errors too',
    happenings: Array.from({ length: 1001 }, () => throttling(0)),
    atMs: 0,
    condition: { kind: 'paused', untilMs: 15 * MINUTE },
  },
];

describe('advance', () => {
  it.each([...pauses, ...suspensions, ...disablings, ...throttlings])(
    'makes it $condition.kind: $when',
    ({ happenings, atMs, condition }) => {
      expect(conditionAt(after(happenings), atMs)).toEqual(condition);
    },
  );

  it('never suspends a public app', () => {
    const { condition } = after([error(0), error(30 * DAY)], { ...intercomPolicy, app: 'public' });
    expect(condition).toEqual(live);
  });

  it.each([
    { when: 'an answer after exactly 500 ms', happenings: [ended(0, answered(200, 500))], isSlow: false },
    { when: 'an answer after 501 ms', happenings: [ended(0, answered(200, 501))], isSlow: true },
    { when: 'a slow error', happenings: [ended(0, answered(500, 501))], isSlow: true },
    {
      when: 'a slow answer, and a delivery in good time',
      happenings: [ended(0, answered(200, 501)), delivery(1)],
      isSlow: false,
    },
    { when: 'a slow answer, and a fast error', happenings: [ended(0, answered(200, 501)), error(1)], isSlow: true },
    { when: 'no answer within the patience', happenings: [ended(0, timedOut)], isSlow: true },
    {
      when: 'a patience that ran out in good time',
      happenings: [ended(0, { kind: 'timed-out', latencyMs: 500 })],
      isSlow: false,
    },
    { when: 'nobody there', happenings: [ended(1, unreachable)], isSlow: false },
    { when: 'a slow answer, and the URL saved', happenings: [ended(0, answered(200, 501)), revived], isSlow: false },
  ])('priority low $isSlow: $when', ({ happenings, isSlow }) => {
    expect(after(happenings).isSlow).toBe(isSlow);
  });

  it('is the very same after a delivery that changes nothing', () => {
    expect(after([delivery(1)])).toBe(newSubscription);
  });

  it("ends no outage of Intercom's, and never shortens one", () => {
    const outage = (untilMs: number): Happening => ({ kind: 'outage', untilMs });
    expect(after([outage(50), outage(40), revived, delivery(1)]).outageUntilMs).toBe(50);
  });
});
