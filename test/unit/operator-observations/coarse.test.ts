import { describe, expect, it } from 'vitest';
import { coarse, minuteText } from '#operator/observations/coarse.ts';
import { EMPTY_LEDGER, entered, merged } from '#operator/observations/ledger.ts';
import type { Observation } from '#shared/observation.ts';
import { document, NOW } from './documents.ts';

/** A full minute. */
const MINUTE = NOW - (NOW % 60);

/** What is worth telling of one pod that has seen this. */
function told(part: Partial<Observation>, nowSecond = MINUTE, state: 'read' | 'unread' = 'read'): string {
  const ledger = entered(EMPTY_LEDGER, document(part), { readAt: nowSecond, signing: [{ name: 'a', key: 'b' }] });
  return coarse(merged(ledger, new Map([['ingress-0', state]]), nowSecond), nowSecond);
}
const errors = (count: number, redelivered = 0): Partial<Observation> => ({
  answers: [[MINUTE - 1, 0, count, 0, redelivered]],
});

describe('what is worth a new status', () => {
  it.each([
    ['a notification', (at: number) => ({ lastNotificationAt: at })],
    ['a ping', (at: number) => ({ lastPingAt: at })],
    ['a signature', (at: number) => ({ signedAt: [at, null, null] })],
    ['a refusal', (at: number) => ({ lastRefusedAt: at })],
  ] satisfies [string, (at: number) => Partial<Observation>][])('is the minute of %s, not its second', (_, at) => {
    expect(told(at(MINUTE + 59))).toBe(told(at(MINUTE)));
    expect(told(at(MINUTE + 60))).not.toBe(told(at(MINUTE)));
    expect(told({})).not.toBe(told(at(MINUTE)));
  });

  it('is nothing while nothing comes', () => {
    expect(told({}, MINUTE + 50_000)).toBe(told({}));
    expect(told({ lastNotificationAt: MINUTE }, MINUTE + 50_000)).toBe(told({ lastNotificationAt: MINUTE }));
  });

  it('is the first error, a tenth, a half and all of the budget, and else no number', () => {
    const tellings = [0, 1, 9, 10, 99, 100, 499, 500, 999, 1000, 5000].map((count) => told(errors(count)));
    const isNews = tellings.map((telling, i) => i > 0 && telling !== tellings[i - 1]);
    expect(isNews).toEqual([false, true, false, true, false, true, false, true, false, true, false]);
    expect(told(errors(0, 1))).not.toBe(told(errors(0)));
  });

  it('is every minute in which errors are remembered, and their end', () => {
    expect(told(errors(5), MINUTE + 59)).toBe(told(errors(5)));
    expect(told(errors(5), MINUTE + 60)).not.toBe(told(errors(5)));
    expect(told(errors(5), MINUTE + 900)).toBe(told(errors(0), MINUTE + 900));
  });

  it('is a topic that is new, and one that has not come for a day', () => {
    const topic = (second: number): Partial<Observation> => ({ topics: [['a', second]] });
    expect(told(topic(MINUTE))).not.toBe(told({}));
    expect(told(topic(MINUTE - 7_200))).toBe(told(topic(MINUTE)));
    expect(told(topic(MINUTE - 86_400))).not.toBe(told(topic(MINUTE)));
  });

  it('is a pod that cannot be read, and a day without notifications', () => {
    expect(told({}, MINUTE, 'unread')).not.toBe(told({}));
    const last = { lastNotificationAt: MINUTE };
    expect(told(last, MINUTE + 86_400)).not.toBe(told(last, MINUTE + 86_399));
  });
});

it('writes times to the minute, rounded down', () => {
  expect(minuteText(Date.UTC(2026, 0, 2, 3, 4, 59) / 1000)).toBe('2026-01-02T03:04:00Z');
});
