import { describe, expect, it } from 'vitest';
import type { Promises } from '#cli/drill/promises.ts';
import { type DrillEvidence, judgeDrill } from '#cli/drill/verdict.ts';
import type { Call } from '#cli/judge/judge.ts';

const KEYS = ['a:0', 'a:1', 'a:2', 'a:3'];

const call = (key: string, beginMs: number, more: Partial<Call> = {}): Call => ({
  pod: 'pod-0',
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs: beginMs + 30,
  ...more,
});

/** Four notifications of one conversation, a second apart, and a fault from the second to the third. */
function broken(promised: Partial<Promises>, planted: Partial<DrillEvidence> = {}): readonly string[] {
  return judgeDrill({
    handler: 'support',
    promises: { errors: 'none', order: 'kept', ...promised },
    injections: [{ what: 'a fault', fromMs: 1_000, toMs: 2_000, proof: 'seen' }],
    asked: KEYS.length,
    sent: KEYS.map((key, i) => ({
      key,
      kind: 'good',
      sentAtMs: i * 1_000,
      attempts: [{ atMs: i * 1_000, latencyMs: 4, status: 200 }],
    })),
    countedErrors: 0,
    stored: KEYS.map((key, i) => ({ key, subject: 'conversation/1', seq: i + 1, storedAtMs: i * 1_000 })),
    calls: KEYS.map((key, i) => call(key, i * 1_000 + 10)),
    deadLetters: [],
    attemptsUsed: null,
    isDrained: true,
    ...planted,
  }).broken;
}

const CALLS = KEYS.map((key, i) => call(key, i * 1_000 + 10));
const failing = (key: string, times: number): Call[] => [
  ...CALLS.filter(({ idempotencyKey }) => idempotencyKey !== `${key}:support`),
  ...Array.from({ length: times }, (_, i) => call(key, 1_010 + i * 100, { failed: true })),
];

describe('what the handler did not take', () => {
  it('is called again, and that is no second call', () => {
    expect(broken({}, { calls: [...failing('a:1', 2), call('a:1', 1_500)] })).toEqual([]);
  });

  it('is lost where nobody calls again', () => {
    expect(broken({}, { calls: failing('a:1', 2) })).toContain('1 acknowledged and lost, 0 allowed: a:1:support');
  });

  it('holds up those after it until it is done', () => {
    const late = [...failing('a:1', 1), call('a:1', 2_500)];
    expect(broken({}, { calls: late })).toEqual([
      '1 called before an earlier one of their conversation was done, 0 allowed: a:2',
    ]);
  });

  it('does not excuse a call after it was done', () => {
    const again = [...CALLS, call('a:1', 5_000, { failed: true }), call('a:1', 6_000)];
    expect(broken({ order: 'counted' }, { calls: again })).toEqual([
      '2 handled twice, 0 allowed: a:1:support, a:1:support',
    ]);
  });
});

describe('a dead letter', () => {
  const given = { calls: failing('a:1', 2), deadLetters: [{ key: 'a:1', reason: 'CrashedWorker', atMs: 1_900 }] };

  it('breaks a promise where none was to be', () => {
    expect(broken({}, given)).toEqual(['1 dead letters CrashedWorker, 0 promised']);
  });

  it('is neither lost nor in the way where it was to be', () => {
    expect(broken({ deadLetters: { CrashedWorker: 1 } }, given)).toEqual([]);
  });

  it('breaks a promise where it is missing', () => {
    expect(broken({ deadLetters: { CrashedWorker: 1 } })).toEqual(['0 dead letters CrashedWorker, 1 promised']);
  });
});

describe('further promises', () => {
  const killed = [{ container: 'worker', pod: 'pod-0', by: 'SIGKILL', atMs: 1_045 }] as const;
  const slowly = {
    injections: [{ what: 'a fault', fromMs: 1_000, toMs: 2_000, proof: 'seen', ended: killed }],
    calls: [...CALLS.slice(0, 2), call('a:2', 17_100), call('a:3', 17_200)],
  };

  it.each<[string, Partial<Promises>, Partial<DrillEvidence>, string]>([
    ['attempts that are used up', { attempts: 'none' }, { attemptsUsed: 3 }, '3 attempts used up, 0 allowed'],
    ['waits that are long', { waitP99Ms: 5 }, {}, 'p99 of the waits for a call: 10 ms, 5 promised'],
    [
      'a takeover that takes long',
      { takeover: 'bounded' },
      slowly,
      'until another worker called after SIGKILL: 15100 ms, 15000 promised',
    ],
  ])('are broken by %s', (_what, promised, planted, sentence) => {
    expect(broken({}, planted)).toEqual([]);
    expect(broken(promised, planted)).toEqual([sentence]);
  });

  it('leave alone what may come twice, and is counted', () => {
    const again = { calls: [...CALLS, call('a:3', 5_000)] };
    expect(broken({}, again)).toHaveLength(1);
    expect(broken({ twice: 'counted' }, again)).toEqual([]);
  });
});

describe('a stream that was deleted', () => {
  const injections = [{ what: 'deleted', fromMs: 1_400, toMs: 1_800, proof: 'another', forgottenAtMs: 1_500 }];
  const { length } = KEYS;
  const kept = (from: number) => ({
    injections,
    stored: KEYS.slice(2).map((key, i) => ({ key, subject: 'conversation/1', seq: i + 1, storedAtMs: 2_000 + i })),
    calls: CALLS.slice(from, length),
  });

  it('may take along what was acknowledged before', () => {
    expect(broken({}, kept(2))).not.toEqual([]);
    expect(broken({ stream: 'deleted' }, kept(2))).toEqual([]);
    expect(broken({ stream: 'deleted' }, kept(1))).toEqual([]);
  });

  it('may not take along what came after', () => {
    expect(broken({ stream: 'deleted' }, kept(3))).toEqual(['1 acknowledged and lost, 0 allowed: a:2:support']);
  });
});
