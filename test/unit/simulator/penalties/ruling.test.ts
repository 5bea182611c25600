import { describe, expect, it } from 'vitest';
import { intercomPolicy } from '#services/simulator/penalties/policy.ts';
import { describe as describeSubscription, ruleOn } from '#services/simulator/penalties/ruling.ts';
import { newSubscription, type Subscription } from '#services/simulator/penalties/subscription.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

const subscription = (changes: Partial<Subscription>): Subscription => ({ ...newSubscription, ...changes });

const paused = subscription({ condition: { kind: 'paused', untilMs: NOW } });
const throttled = subscription({ condition: { kind: 'throttled', untilMs: NOW, delayMs: 1000 } });
const down = subscription({ outageUntilMs: NOW });
const slow = subscription({ isSlow: true });
const suspended = subscription({ condition: { kind: 'suspended', sinceMs: 0 } });
const disabled = subscription({ condition: { kind: 'disabled', sinceMs: 0 } });

const send = { kind: 'send' };
const hold = (because: string, untilMs = NOW) => ({ kind: 'hold', because, untilMs });
const drop = (because: string) => ({ kind: 'drop', because });

describe('ruleOn', () => {
  it.each([
    { what: 'of a live subscription', of: newSubscription, dueMs: NOW, nowMs: NOW, ruling: send },
    { what: 'of a live subscription, days late', of: newSubscription, dueMs: 0, nowMs: NOW, ruling: send },
    { what: '1 ms before the end of a pause', of: paused, dueMs: 0, nowMs: NOW - 1, ruling: drop('paused') },
    { what: 'at the end of a pause', of: paused, dueMs: NOW, nowMs: NOW, ruling: send },
    { what: 'of a suspended one', of: suspended, dueMs: NOW, nowMs: NOW, ruling: drop('suspended') },
    { what: 'of a disabled one', of: disabled, dueMs: NOW, nowMs: NOW, ruling: drop('disabled') },
    { what: 'while throttled', of: throttled, dueMs: NOW - 5, nowMs: NOW - 1, ruling: hold('throttled') },
    { what: 'when throttling ends', of: throttled, dueMs: NOW - 5, nowMs: NOW, ruling: send },
    {
      what: 'that throttling makes exactly two hours late',
      of: throttled,
      dueMs: NOW - 2 * HOUR,
      nowMs: NOW - 1,
      ruling: hold('throttled'),
    },
    {
      what: 'that throttling makes 1 ms later than that',
      of: throttled,
      dueMs: NOW - 2 * HOUR - 1,
      nowMs: NOW - 1,
      ruling: drop('too-late'),
    },
    { what: '1 ms before the end of an outage', of: down, dueMs: 0, nowMs: NOW - 1, ruling: hold('outage') },
    { what: 'at the end of an outage', of: down, dueMs: 0, nowMs: NOW, ruling: send },
    {
      what: 'in an outage and a pause: stored, and ruled on after it',
      of: { ...paused, outageUntilMs: NOW + 5 },
      dueMs: 0,
      nowMs: NOW - 1,
      ruling: hold('outage', NOW + 5),
    },
    {
      what: 'in an outage, of a suspended one',
      of: { ...suspended, outageUntilMs: NOW },
      dueMs: 0,
      nowMs: NOW - 1,
      ruling: drop('suspended'),
    },
    {
      what: 'of low priority',
      of: slow,
      dueMs: NOW,
      nowMs: NOW,
      ruling: hold('low-priority', NOW + intercomPolicy.lowPriorityDelayMs),
    },
    {
      what: 'of low priority, 1 ms before its turn',
      of: slow,
      dueMs: NOW - 1999,
      nowMs: NOW,
      ruling: hold('low-priority', NOW + 1),
    },
    { what: 'of low priority when its turn has come', of: slow, dueMs: NOW - 2000, nowMs: NOW, ruling: send },
  ])('$ruling.kind one $what', ({ of, dueMs, nowMs, ruling }) => {
    expect(ruleOn({ dueMs, nowMs }, of, intercomPolicy)).toEqual(ruling);
  });
});

describe('describe', () => {
  it('tells the condition as it is by now, the priority, and for how long Intercom is down', () => {
    const troubled = { ...paused, isSlow: true, failingSinceMs: 7, errorsAtMs: [7, 8], outageUntilMs: NOW + 1 };
    expect(describeSubscription(troubled, NOW - 1)).toEqual({
      condition: { kind: 'paused', untilMs: NOW },
      priority: 'low',
      failingSinceMs: 7,
      errorsInWindow: 2,
      outageUntilMs: NOW + 1,
    });
    expect(describeSubscription(troubled, NOW + 1)).toMatchObject({
      condition: { kind: 'live' },
      outageUntilMs: null,
    });
  });
});
