import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Delivery } from '#services/worker/delivery.ts';
import { backoffMs, type History, type RetryPolicy, settle } from '#services/worker/settle.ts';

const HOUR_MS = 3_600_000;
const POLICY: RetryPolicy = {
  maxAgeMs: 72 * HOUR_MS,
  maxAttempts: 20,
  minBackoffMs: 1_000,
  maxBackoffMs: 600_000,
  eventsRetentionMs: 168 * HOUR_MS,
};
const ABOUT = { key: 'conversation/1', createdAt: 1_700_000_000, receivedAtMs: 1_700_000_000_000 };
const FIRST: History = { attempts: 0, ageMs: 0, storedMs: 0, about: ABOUT };
const answered = (status: number, retryAfterMs: number | null = null, answer: Answer | null = null): Delivery => ({
  kind: 'answered',
  status,
  retryAfterMs,
  answer,
});
const json = (value: unknown): Answer => ({
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify(value)),
  isCut: false,
});
const UNREACHABLE: Delivery = { kind: 'unreachable', error: 'ECONNREFUSED' };
const TIMED_OUT: Delivery = { kind: 'timed-out', unavailable: false };
const HUNG: Delivery = { kind: 'timed-out', unavailable: true };

const FAILED = [answered(408), answered(425), answered(429), answered(500), answered(501), answered(599), TIMED_OUT];
const UNAVAILABLE = [answered(502), answered(503), answered(504), UNREACHABLE, HUNG];
const statuses = (list: readonly Delivery[]): (number | string)[] =>
  list.map((delivery) => (delivery.kind === 'answered' ? delivery.status : delivery.kind));

const nothing = [100, 199].map((status) => answered(status));
const redirects = [300, 301, 302, 307, 308].map((status) => answered(status));
const refusals = [400, 401, 403, 404, 405, 409, 410, 413, 422, 451].map((status) => answered(status));

describe('every status', () => {
  it.each([200, 201, 202, 204, 299])('%i is done', (status) => {
    const exhausted = { ...FIRST, attempts: 99, ageMs: 999 * HOUR_MS, storedMs: 999 * HOUR_MS };
    expect(settle(answered(status), exhausted, POLICY, 0)).toEqual({ kind: 'done', effects: [] });
  });

  it.each(FAILED.map((delivery, i) => [statuses(FAILED)[i], delivery] as const))(
    '%s is tried again and counts as an attempt',
    (_name, delivery) => {
      expect(settle(delivery, FIRST, POLICY, 0)).toEqual({ kind: 'retry', delayMs: 500, countsAttempt: true });
    },
  );

  it.each(UNAVAILABLE.map((delivery, i) => [statuses(UNAVAILABLE)[i], delivery] as const))(
    '%s is tried again and counts as none',
    (_name, delivery) => {
      expect(settle(delivery, FIRST, POLICY, 0)).toEqual({ kind: 'retry', delayMs: 500, countsAttempt: false });
    },
  );

  it.each([...nothing, ...redirects, ...refusals])('$status is a refusal, for good', (delivery) => {
    expect(settle(delivery, FIRST, POLICY, 0)).toMatchObject({ kind: 'dead', reason: 'Refused' });
  });
});

describe('the last attempt', () => {
  it('is the one that maxAttempts says', () => {
    const nth = (attempts: number) => settle(answered(500), { ...FIRST, attempts }, POLICY, 0);
    expect(nth(18)).toMatchObject({ kind: 'retry' });
    expect(nth(19)).toEqual({ kind: 'dead', reason: 'AttemptsExhausted', detail: 'HTTP 500', countsAttempt: true });
  });

  it('is the first where maxAttempts is 1', () => {
    expect(settle(TIMED_OUT, FIRST, { ...POLICY, maxAttempts: 1 }, 0)).toMatchObject({ reason: 'AttemptsExhausted' });
  });
});

describe('the end of age and retention', () => {
  it('is when the retry would be too late, to the millisecond', () => {
    const at = (ageMs: number) => settle(answered(500), { ...FIRST, ageMs }, POLICY, 0);
    expect(at(POLICY.maxAgeMs - 500)).toMatchObject({ kind: 'retry' });
    expect(at(POLICY.maxAgeMs - 499)).toMatchObject({ kind: 'dead', reason: 'AgeExceeded' });
  });

  it('comes for an unavailable handler as well', () => {
    const old = { ...FIRST, ageMs: POLICY.maxAgeMs };
    expect(settle(UNREACHABLE, old, POLICY, 0)).toEqual({
      kind: 'dead',
      reason: 'AgeExceeded',
      detail: 'unreachable: ECONNREFUSED',
      countsAttempt: false,
    });
  });

  it('leaves a twentieth of the retention, so that the event is still there', () => {
    const at = (storedMs: number) => settle(answered(500), { ...FIRST, storedMs }, POLICY, 0);
    const edgeMs = POLICY.eventsRetentionMs * 0.95 - 500;
    expect(at(edgeMs)).toMatchObject({ kind: 'retry' });
    expect(at(edgeMs + 1)).toMatchObject({ kind: 'dead', reason: 'RetentionExceeded' });
  });
});

describe('Retry-After', () => {
  it('is waited for where it is longer, and not where it is shorter', () => {
    expect(settle(answered(429, 30_000), FIRST, POLICY, 0)).toMatchObject({ delayMs: 30_000 });
    expect(settle(answered(503, 10), FIRST, POLICY, 0)).toMatchObject({ delayMs: 500 });
  });

  it('is an hour at most', () => {
    expect(settle(answered(503, 86_400_000), FIRST, POLICY, 0)).toMatchObject({ delayMs: HOUR_MS });
  });
});

describe('Retry-After near the end of maxAge', () => {
  it('is cut, so that the handler keeps its last chance', () => {
    const late = { ...FIRST, ageMs: POLICY.maxAgeMs - 60_000 };
    expect(settle(answered(503, HOUR_MS), late, POLICY, 0)).toMatchObject({ kind: 'retry', delayMs: 60_000 });
  });
});

describe('back-off', () => {
  it('doubles from minBackoff to maxBackoff', () => {
    const delays = [1, 2, 3, 4, 10, 11, 1_000].map((failures) => backoffMs(failures, POLICY, 0.999_999));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 512_000, 600_000, 600_000]);
  });

  it('does not grow while the handler is unavailable, for the circuit says when it is asked', () => {
    const history = { ...FIRST, attempts: 9 };
    expect(settle(UNREACHABLE, history, POLICY, 0.999_999)).toMatchObject({ delayMs: 1_000 });
    expect(settle(answered(500), history, POLICY, 0)).toMatchObject({ delayMs: 256_000 });
  });
});

describe('effects', () => {
  const close = { type: 'close', admin_id: '7' };

  it('come with what is done', () => {
    expect(settle(answered(200, null, json({ effects: [close] })), FIRST, POLICY, 0)).toEqual({
      kind: 'done',
      effects: [{ ...close, conversation_id: '1' }],
    });
  });

  it('that are bad make it a dead letter at once, with the field named', () => {
    const bad = json({ effects: [close, { ...close, admin_id: 'anna@example.com' }] });
    expect(settle(answered(201, null, bad), FIRST, POLICY, 0)).toEqual({
      kind: 'dead',
      reason: 'BadEffect',
      detail: expect.stringMatching(/^effects\[1\]\.admin_id: must be an id/),
      countsAttempt: true,
    });
  });

  it('are asked for by a 2xx alone', () => {
    expect(settle(answered(500, null, json({ effects: [close] })), FIRST, POLICY, 0)).toMatchObject({ kind: 'retry' });
    expect(settle(answered(404, null, json({ effects: 'bad' })), FIRST, POLICY, 0)).toMatchObject({
      reason: 'Refused',
    });
  });
});

const deliveries: fc.Arbitrary<Delivery> = fc.oneof(
  fc.constantFrom(UNREACHABLE, TIMED_OUT, HUNG),
  fc.record({
    kind: fc.constant('answered' as const),
    status: fc.integer({ min: 100, max: 599 }),
    retryAfterMs: fc.option(fc.nat({ max: 1e9 })),
    answer: fc.constantFrom(null, json({}), json({ effects: [] }), json({ effects: 5 })),
  }),
);
const histories = fc.record({
  attempts: fc.nat({ max: 1_000 }),
  ageMs: fc.nat({ max: 1e10 }),
  storedMs: fc.nat({ max: 1e10 }),
  about: fc.constant(ABOUT),
});
const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('never gives up on an unavailable handler because of attempts', () => {
  const young = fc.nat().map((attempts) => ({ ...FIRST, attempts }));
  fc.assert(
    fc.property(fc.constantFrom(...UNAVAILABLE), young, jitters, (delivery, history, jitter) => {
      expect(settle(delivery, history, POLICY, jitter)).toMatchObject({ kind: 'retry', countsAttempt: false });
    }),
  );
});

it('keeps every delay within its bounds, and every retry within age and retention', () => {
  fc.assert(
    fc.property(deliveries, histories, jitters, (delivery, history, jitter) => {
      const settlement = settle(delivery, history, POLICY, jitter);
      if (settlement.kind !== 'retry') return;
      expect(Number.isSafeInteger(settlement.delayMs)).toBe(true);
      expect(settlement.delayMs).toBeGreaterThanOrEqual(POLICY.minBackoffMs / 2);
      expect(settlement.delayMs).toBeLessThanOrEqual(HOUR_MS);
      expect(history.ageMs + settlement.delayMs).toBeLessThanOrEqual(POLICY.maxAgeMs);
      expect(history.storedMs + settlement.delayMs).toBeLessThan(POLICY.eventsRetentionMs);
    }),
  );
});
