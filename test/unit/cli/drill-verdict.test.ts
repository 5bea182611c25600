import { describe, expect, it } from 'vitest';
import { type DrillEvidence, judgeDrill } from '#cli/drill/verdict.ts';
import type { Sent } from '#cli/judge/judge.ts';

const FROM = 10_000;
const TO = 20_000;

const sent = (key: string, atMs: number, overrides: Partial<Sent> = {}): Sent => ({
  key,
  kind: 'good',
  sentAtMs: atMs,
  attempts: [{ atMs, latencyMs: 4, status: 200 }],
  ...overrides,
});
const failed = (key: string, atMs: number): Sent =>
  sent(key, atMs, { attempts: [{ atMs, latencyMs: 90, status: 503 }] });
const call = (key: string, beginMs: number) => ({
  pod: 'pod-0',
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs: beginMs + 30,
});
/** One more in the stream than there should be. */
const AGAIN = { key: 'a:x', subject: 'a:x', seq: 99, storedAtMs: 30_000 };
const INJECTED = { what: 'broker killed', fromMs: FROM, toMs: TO, proof: 'no greeting' };

/** Ten notifications, one a second, around and in a fault of ten seconds. */
function evidence(overrides: Partial<DrillEvidence> = {}): DrillEvidence {
  const all = Array.from({ length: 20 }, (_, i) => sent(`a:${i}`, 5_000 + i * 1_000));
  return {
    handler: 'support',
    promises: { errors: 'none', order: 'counted' },
    injections: [INJECTED],
    asked: all.length,
    sent: all,
    countedErrors: 0,
    stored: all.map(({ key, sentAtMs }, i) => ({ key, subject: key, seq: i + 1, storedAtMs: sentAtMs + 5 })),
    deadLetters: [],
    attemptsUsed: null,
    calls: all.map(({ key, sentAtMs }) => call(key, sentAtMs + 10)),
    isDrained: true,
    ...overrides,
  };
}

const reasons = (overrides: Partial<DrillEvidence>) => {
  const { broken, hollow } = judgeDrill(evidence(overrides));
  return { broken, hollow };
};

describe('a drill', () => {
  it('is kept when every promise held and the fault was there', () => {
    expect(reasons({})).toEqual({ broken: [], hollow: [] });
  });

  const { sent: all, stored, calls } = evidence();
  it.each([
    [
      'an error at Intercom',
      { sent: [...all.slice(1), failed('a:0', 5_000)], countedErrors: 1 },
      /^1 errors at Intercom, 0 allowed: 1 × 503$/,
    ],
    ['one lost', { calls: calls.slice(1) }, /^1 acknowledged and lost, 0 allowed: a:0/],
    ['one handled twice', { calls: [...calls, call('a:3', 30_000)] }, /^1 handled twice, 0 allowed: a:3/],
    [
      'one answered and not stored',
      { stored: stored.slice(1), calls: calls.slice(1) },
      /answered 200 and not stored.*a:0/,
    ],
    ['one stored twice', { stored: [...stored, { ...AGAIN, key: 'a:3' }] }, /^1 stored twice.*a:3/],
    ['one stored and never sent', { stored: [...stored, AGAIN] }, /^1 stored and never/],
    ['one handled and never sent', { calls: [...calls, call('a:x', 30_000)] }, /^1 handled and never sent/],
    ['workers that are not done', { isDrained: false }, /not done in time/],
    [
      'slow answers, where fast ones are promised',
      { promises: { errors: 'none', p999Ms: 3, order: 'counted' } },
      /^p99\.9 of the answers: 4 ms, 3 promised$/,
    ],
    [
      'a stream that gets late what the spool held, where soon is promised',
      {
        promises: { errors: 'none', storedWithinMs: 5_000, order: 'counted' },
        stored: stored.map((one) => (one.key === 'a:9' ? { ...one, storedAtMs: TO + 5_001 } : one)),
      },
      /^until all was in the stream: 5001 ms, 5000 promised$/,
    ],
  ] as const)('is broken by %s', (_fault, planted, reason) => {
    expect(reasons(planted as Partial<DrillEvidence>).broken).toContainEqual(expect.stringMatching(reason));
  });

  it.each([
    ['nothing was sent', { sent: [], asked: 0, stored: [], calls: [] }, 'nothing was acknowledged'],
    ['less was sent than asked for', { asked: 25 }, '20 of 25 notifications were sent'],
    ['nothing was handled', { calls: [] }, 'nothing was handled'],
    ['no fault was injected', { injections: [] }, 'no fault was injected'],
    [
      'nothing shows the fault',
      { injections: [{ ...INJECTED, proof: null }] },
      'broker killed: nothing shows that it took effect',
    ],
    [
      'nothing was sent during the fault',
      { injections: [{ ...INJECTED, fromMs: 40_000, toMs: 50_000 }] },
      'broker killed: Intercom sent nothing meanwhile',
    ],
    [
      'it left slower than the promise is about',
      { promises: { errors: 'none', ratePerSecond: 2, order: 'counted' } },
      '1 notifications a second left, not 2',
    ],
    ['the errors seen are not those that Intercom counted', { countedErrors: 2 }, '0 errors seen, Intercom counted 2'],
  ] as const)('shows nothing when %s', (_why, planted, reason) => {
    expect(reasons(planted as Partial<DrillEvidence>).hollow).toContain(reason);
  });
});

describe('the order', () => {
  const { stored, calls } = evidence();
  /** All of one conversation: a call every second, 30 ms long. */
  const ofOne = stored.map((one) => ({ ...one, subject: 'conversation/1' }));
  const at = (key: string, beginMs: number) =>
    calls.map((one) => (one.idempotencyKey === `${key}:support` ? call(key, beginMs) : one));
  const promised = (order: 'kept' | 'counted', planted: Partial<DrillEvidence>) =>
    judgeDrill(evidence({ stored: ofOne, promises: { errors: 'none', order }, ...planted }));

  it('is kept by calls one after another', () => {
    expect(promised('kept', {}).broken).toEqual([]);
  });

  it.each([
    ['two that are swapped', { calls: at('a:3', 9_500) }, [/^1 called before an earlier one .*: a:4$/]],
    [
      'two at the same time',
      { calls: at('a:3', 9_005) },
      [/^1 called before an earlier one .*: a:4$/, /^1 called while another .*: a:4$/],
    ],
    [
      'one that two workers call at the same time',
      { calls: [...calls, call('a:3', 8_020)] },
      [/^1 called while another/],
    ],
  ] as const)('is broken by %s, where it is promised', (_fault, planted, reasons) => {
    const { broken } = promised('kept', planted);
    expect(broken.filter((reason) => reason.includes('called'))).toEqual(
      reasons.map((reason) => expect.stringMatching(reason)),
    );
  });

  it('is counted, and breaks nothing, where it is not', () => {
    const { broken, stream } = promised('counted', { calls: at('a:3', 9_005) });
    expect(broken).toEqual([]);
    expect(stream).toMatchObject({ reordered: ['a:4'], overlapping: ['a:4'] });
  });
});

describe('errors of a killed ingress', () => {
  const ended = [{ container: 'ingress', pod: 'ingress-0', by: 'SIGKILL', atMs: FROM }] as const;
  const withErrors = (keys: readonly string[]) => {
    const { sent: all } = evidence();
    const failing = all.map((one) => (keys.includes(one.key) ? failed(one.key, one.sentAtMs) : one));
    return {
      promises: { errors: 'in-flight', order: 'counted' } as const,
      injections: [{ ...INJECTED, ended }],
      sent: failing,
      countedErrors: keys.length,
    };
  };

  it('are allowed to those under way at the kill', () => {
    expect(reasons(withErrors(['a:5']))).toEqual({ broken: [], hollow: [] });
  });

  it('are not allowed beyond', () => {
    expect(reasons(withErrors(['a:5', 'a:9'])).broken).toEqual(['2 errors at Intercom, 1 allowed: 2 × 503']);
  });

  it('are not allowed to a kill of something else', () => {
    const planted = { ...withErrors(['a:5']), injections: [INJECTED] };
    expect(reasons(planted).broken).toEqual(['1 errors at Intercom, 0 allowed: 1 × 503']);
  });
});

it('excuses a repeated call by a worker that was killed', () => {
  const { calls } = evidence();
  const atMs = 5_000 + 10 + 5;
  const ended = [{ container: 'worker', pod: 'pod-0', by: 'SIGKILL', atMs }] as const;
  const again = { calls: [...calls, call('a:0', 17_000)], injections: [{ ...INJECTED, fromMs: atMs, ended }] };
  expect(judgeDrill(evidence(again))).toMatchObject({ broken: [], handled: { repeatedCalls: 1 } });
});
