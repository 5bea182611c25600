import { describe, expect, it } from 'vitest';
import { type Call, judge, quantile, type Sent } from '#cli/judge/judge.ts';

const KILL = 10_000;
/** No answer within the patience. */
const FAILED = { atMs: 0, latencyMs: 5_000 };

const sent = (key: string, overrides: Partial<Sent> = {}): Sent => ({
  key,
  kind: 'good',
  sentAtMs: 0,
  attempts: [{ atMs: 0, latencyMs: 5, status: 200 }],
  ...overrides,
});
const call = (key: string, beginMs: number, endMs: number | null, pod = 'pod-0'): Call => ({
  pod,
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs,
});
const verdictOf = (notifications: Sent[], calls: Call[]) =>
  judge({ handler: 'support', sent: notifications, calls, kills: [{ pod: 'pod-0', atMs: KILL }] });

describe('judge', () => {
  it('is content when each acknowledged notification was handled once', () => {
    const verdict = verdictOf([sent('a:1'), sent('a:2')], [call('a:1', 30, 40), call('a:2', 20, 50)]);
    expect(verdict).toMatchObject({ acknowledged: 2, handled: 2, lost: [], handledTwice: [], repeatedCalls: 0 });
    expect(verdict.latenciesMs).toEqual([20, 30]);
  });

  it('notices one that was dropped', () => {
    expect(verdictOf([sent('a:1'), sent('a:2')], [call('a:1', 1, 2)]).lost).toEqual(['a:2:support']);
  });

  it('does not take a call that was never answered for handled', () => {
    expect(verdictOf([sent('a:1')], [call('a:1', 1, null)]).lost).toEqual(['a:1:support']);
  });

  it('notices one that was doubled without any kill', () => {
    const verdict = verdictOf([sent('a:1')], [call('a:1', 1, 2), call('a:1', 50, 60)]);
    expect(verdict).toMatchObject({ handledTwice: ['a:1:support'], repeatedCalls: 0 });
  });

  it('excuses a repeat of what a killed worker had in its hands', () => {
    const inFlight = verdictOf(
      [sent('a:1')],
      [call('a:1', KILL - 50, KILL + 50), call('a:1', KILL + 12_000, KILL + 12_100)],
    );
    expect(inFlight).toMatchObject({ handledTwice: [], repeatedCalls: 1 });
    const answered = verdictOf(
      [sent('a:1')],
      [call('a:1', KILL - 50, KILL - 5), call('a:1', KILL + 12_000, KILL + 12_100)],
    );
    expect(answered).toMatchObject({ handledTwice: [], repeatedCalls: 1 });
  });

  it('excuses a repeat of what was on its way to the handler when the worker was killed, and of nothing later', () => {
    const again = call('a:1', KILL + 12_000, KILL + 12_100);
    const onItsWay = verdictOf([sent('a:1')], [call('a:1', KILL + 7, KILL + 38), again]);
    expect(onItsWay).toMatchObject({ handledTwice: [], repeatedCalls: 1 });
    const later = verdictOf([sent('a:1')], [call('a:1', KILL + 51, KILL + 80), again]);
    expect(later).toMatchObject({ handledTwice: ['a:1:support'], repeatedCalls: 0 });
  });

  it('does not excuse a repeat of what was done well before the kill, or began before it', () => {
    const longDone = verdictOf([sent('a:1')], [call('a:1', 1, 2), call('a:1', KILL + 12_000, KILL + 12_100)]);
    expect(longDone.handledTwice).toEqual(['a:1:support']);
    const overlapping = verdictOf(
      [sent('a:1')],
      [call('a:1', KILL - 50, KILL + 50), call('a:1', KILL - 20, KILL + 30)],
    );
    expect(overlapping.handledTwice).toEqual(['a:1:support']);
  });

  it('lets a repeat be tried again where it failed', () => {
    const again = { ...call('a:1', KILL + 12_000, KILL + 22_000), failed: true } as const;
    const calls = [call('a:1', KILL - 50, KILL - 5), again, call('a:1', KILL + 23_000, KILL + 23_030)];
    expect(verdictOf([sent('a:1')], calls)).toMatchObject({ handledTwice: [], repeatedCalls: 1, retries: 1 });
  });

  it('does not excuse a repeat of what another pod had in its hands', () => {
    const calls = [call('a:1', KILL - 50, KILL + 50, 'pod-1'), call('a:1', KILL + 12_000, KILL + 12_100)];
    expect(verdictOf([sent('a:1')], calls)).toMatchObject({ handledTwice: ['a:1:support'], repeatedCalls: 0 });
  });

  it('excuses only one repeat per kill', () => {
    const calls = [
      call('a:1', KILL - 10, null),
      call('a:1', KILL + 100, KILL + 110),
      call('a:1', KILL + 200, KILL + 210),
    ];
    expect(verdictOf([sent('a:1')], calls)).toMatchObject({ handledTwice: ['a:1:support'], repeatedCalls: 1 });
  });

  it('expects nothing of what Intercom got no 200 for, but allows it: it may have been stored all the same', () => {
    const failed = sent('a:1', { attempts: [FAILED, { atMs: 60_000, latencyMs: 5, status: 503 }] });
    expect(verdictOf([failed], [])).toMatchObject({ acknowledged: 0, lost: [] });
    expect(verdictOf([failed], [call('a:1', 1, 2)])).toMatchObject({ handledTwice: [], uninvited: [] });
  });

  it('counts the retry that was accepted', () => {
    const retried = sent('a:1', { attempts: [FAILED, { atMs: 60_000, latencyMs: 5, status: 200 }] });
    expect(verdictOf([retried], []).lost).toEqual(['a:1:support']);
  });

  it('notices calls for forgeries and for topics that are not declared', () => {
    const verdict = verdictOf(
      [sent('a:1', { kind: 'forged' }), sent('a:2', { kind: 'unknown' })],
      [call('a:1', 1, 2), call('a:2', 1, 2), call('a:3', 1, 2)],
    );
    expect(verdict.uninvited).toEqual(['a:1:support', 'a:2:support', 'a:3:support']);
  });

  it('takes a duplicate for the notification that it repeats', () => {
    const verdict = verdictOf([sent('a:1'), sent('a:1', { kind: 'duplicate', sentAtMs: 40 })], [call('a:1', 10, 20)]);
    expect(verdict).toMatchObject({ acknowledged: 1, handled: 1, latenciesMs: [10] });
  });
});

describe('quantile', () => {
  it('picks from a sorted list', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
      0, 50, 99, 99,
    ]);
    expect(quantile([], 0.5)).toBe(0);
  });
});
