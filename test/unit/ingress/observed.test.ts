import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerSeconds } from '#services/ingress/observed/answer-seconds.ts';
import { type Effect, effectOf, effectUnread } from '#services/ingress/observed/effect.ts';
import { Observed } from '#services/ingress/observed/observed.ts';
import type { Outcome } from '#services/ingress/receive.ts';
import { Observation, REMEMBERED_SECONDS } from '#shared/observation.ts';

const INTERCOM = 'intercom-parrot-service-client/1.0';
const START = 1_800_000_000;

const stored = (part: Partial<Extract<Outcome, { kind: 'stored' }>> = {}): Outcome => ({
  kind: 'stored',
  topic: 'ticket.created',
  declared: true,
  isRedelivery: false,
  secretIndex: 0,
  ...part,
});
const unavailable = (reason: 'not_stored' | 'receiving'): Outcome => ({
  kind: 'unavailable',
  reason,
  error: new Error('away'),
});

/** An ingress that is asked at times of the test's choice. */
function observing() {
  const time = { second: START };
  const whose = { namespace: 'crm', webhook: 'support', pod: 'ingress-0' };
  const observed = new Observed({ ...whose, nowMs: () => time.second * 1000 + 999 });
  return { observed, time };
}

describe('the effect of an answer at Intercom', () => {
  const TABLE: readonly [Outcome, Effect, withoutItsUserAgent: Effect][] = [
    [stored(), 'ok', 'ok'],
    [{ kind: 'other-workspace' }, 'ok', 'ok'],
    [{ kind: 'unreadable', reason: 'NotJson' }, 'ok', 'ok'],
    [{ kind: 'ping', secretIndex: 2 }, 'ok', 'ok'],
    [{ kind: 'ping', secretIndex: null }, 'other', 'other'],
    [{ kind: 'refused', reason: 'wrong' }, 'error', 'other'],
    [{ kind: 'too-large', isSigned: false }, 'error', 'other'],
    [{ kind: 'too-large', isSigned: true }, 'error', 'error'],
    [unavailable('not_stored'), 'error', 'error'],
    [unavailable('receiving'), 'error', 'other'],
  ];

  it.each(TABLE)('of %j is %s, and %s from anybody else', (outcome, effect, withoutItsUserAgent) => {
    expect(effectOf(outcome, INTERCOM)).toBe(effect);
    expect(effectOf(outcome, 'curl/8')).toBe(withoutItsUserAgent);
    expect(effectOf(outcome, undefined)).toBe(withoutItsUserAgent);
  });

  it('is an error where Intercom sends to a path that is not ours, and nothing where it probes ours', () => {
    expect(effectUnread(404, INTERCOM)).toBe('error');
    expect(effectUnread(200, INTERCOM)).toBe('other');
    expect(effectUnread(404, 'curl/8')).toBe('other');
  });
});

describe('what an ingress saw', () => {
  it('says nothing but its name before anything came', () => {
    const { observed } = observing();
    expect(Observation.parse(observed.document())).toEqual({
      version: 1,
      namespace: 'crm',
      webhook: 'support',
      pod: 'ingress-0',
      startedAt: START,
      answers: [],
      topics: [],
      signedAt: [null, null, null],
      lastPingAt: null,
      lastNotificationAt: null,
      lastRefusedAt: null,
      spool: null,
    });
  });

  it('tells when each topic, key, ping and notification came last', () => {
    const { observed, time } = observing();
    observed.answered(stored({ secretIndex: 1 }), INTERCOM);
    time.second += 5;
    observed.answered(stored({ topic: 'new', declared: false }), INTERCOM);
    time.second += 5;
    observed.answered({ kind: 'ping', secretIndex: 2 }, INTERCOM);
    observed.answered({ kind: 'ping', secretIndex: null }, INTERCOM);
    time.second += 5;
    observed.answered({ kind: 'refused', reason: 'missing' }, 'curl/8');
    expect(observed.document()).toMatchObject({
      topics: [
        ['ticket.created', START],
        ['new', START + 5],
      ],
      signedAt: [START + 5, START, START + 10],
      lastPingAt: START + 10,
      lastNotificationAt: START + 5,
      lastRefusedAt: null,
    });
    observed.answered({ kind: 'refused', reason: 'missing' }, INTERCOM);
    expect(observed.document().lastRefusedAt).toBe(START + 15);
  });

  it('counts answers by the second, and among them what Intercom had sent before', () => {
    const { observed, time } = observing();
    observed.answered(stored(), INTERCOM);
    observed.answered(stored({ isRedelivery: true }), INTERCOM);
    observed.answered(unavailable('not_stored'), INTERCOM);
    time.second += 1;
    observed.answeredUnread(404, 'curl/8');
    expect(observed.document().answers).toEqual([
      [START, 2, 1, 0, 1],
      [START + 1, 0, 0, 1, 0],
    ]);
  });

  it('tells the fill of the spool from when it is open', () => {
    const { observed } = observing();
    observed.reportSpool(() => ({ records: 3, bytes: 4096, oldestAtMs: 1 }));
    expect(observed.document().spool).toEqual({ records: 3, bytes: 4096 });
  });

  it('stays a document that can be read, whatever topics come, and keeps those that are declared', () => {
    const { observed } = observing();
    observed.answered(stored({ topic: 'x'.repeat(513), declared: false }), INTERCOM);
    for (let i = 0; i < 1_000; i += 1) observed.answered(stored({ topic: `new.${i}`, declared: false }), INTERCOM);
    observed.answered(stored(), INTERCOM);
    const { topics } = Observation.parse(observed.document());
    expect(topics).toHaveLength(201);
    expect(topics.at(0)).toEqual(['ticket.created', START]);
  });
});

describe('counts by the second', () => {
  it('are those of the last 16 minutes, in order, whatever was counted when', () => {
    const steps = fc.array(
      fc.record({
        afterSeconds: fc.oneof(fc.nat(3), fc.nat(2 * REMEMBERED_SECONDS)),
        column: fc.constantFrom('ok', 'error', 'other', 'redelivered'),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.nat(REMEMBERED_SECONDS), (all, laterSeconds) => {
        const seconds = new AnswerSeconds();
        const expected = new Map<number, Record<string, number>>();
        let now = START;
        for (const { afterSeconds, column } of all) {
          now += afterSeconds;
          seconds.count(now, column);
          const counts = expected.get(now) ?? {};
          expected.set(now, { ...counts, [column]: (counts[column] ?? 0) + 1 });
        }
        now += laterSeconds;
        const rows = Array.from(expected)
          .filter(([second]) => second > now - REMEMBERED_SECONDS)
          .map(([second, { ok = 0, error = 0, other = 0, redelivered = 0 }]) => [
            second,
            ok,
            error,
            other,
            redelivered,
          ]);
        expect(seconds.rows(now)).toEqual(rows);
      }),
    );
  });
});
