import { describe, expect, it } from 'vitest';
import type { Call } from '#cli/judge/judge.ts';
import { judgeWaits, type WaitEvidence } from '#cli/judge/judge-waits.ts';

const stored = (key: string, subject: string, storedAtMs: number) => ({ key, subject, seq: storedAtMs, storedAtMs });
const call = (key: string, beginMs: number, pod = 'pod-0'): Call => ({
  pod,
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs: beginMs + 10,
});

const judged = (evidence: Partial<WaitEvidence>) =>
  judgeWaits({ handler: 'support', stored: [], calls: [], about: new Set(), fromMs: 0, workerEnds: [], ...evidence });

describe('the wait for a call', () => {
  const STORED = [stored('a:1', 'conversation/1', 100), stored('a:2', 'conversation/2', 200)];
  const CALLS = [call('a:1', 105), call('a:2', 900), call('a:2', 2_000)];

  it('is that from being stored to the first call', () => {
    expect(judged({ stored: STORED, calls: CALLS }).waitP99Ms).toBe(700);
  });

  it('leaves out what the fault was about, what was before it, and what was never called', () => {
    expect(judged({ stored: STORED, calls: CALLS, about: new Set(['conversation/2']) }).waitP99Ms).toBe(5);
    const early = STORED.map((one) => (one.key === 'a:2' ? { ...one, storedAtMs: 10 } : one));
    expect(judged({ stored: early, calls: CALLS, fromMs: 50 }).waitP99Ms).toBe(5);
    expect(judged({ stored: STORED, calls: CALLS.slice(0, 1) }).waitP99Ms).toBe(5);
  });
});

describe('a takeover', () => {
  const KILLED = { pod: 'pod-0', by: 'SIGKILL', atMs: 1_000 } as const;
  const one = (storedAtMs: number, beginMs: number) => ({
    stored: [stored('a:1', 'conversation/1', 500), stored('a:2', 'conversation/1', storedAtMs)],
    calls: [call('a:1', 510), call('a:2', beginMs, 'pod-1')],
  });

  it('is the wait of a conversation of that worker, from its end', () => {
    expect(judged({ ...one(600, 12_000), workerEnds: [KILLED] }).takeoverMs).toEqual({
      SIGKILL: 11_000,
      SIGTERM: null,
    });
  });

  it('begins when there is something to wait for', () => {
    expect(judged({ ...one(11_500, 12_000), workerEnds: [KILLED] }).takeoverMs.SIGKILL).toBe(500);
  });

  it('is nothing to the conversations of others', () => {
    const evidence = one(600, 12_000);
    const ofOther = evidence.calls.map((each) => ({ ...each, pod: 'pod-1' }));
    expect(judged({ ...evidence, calls: ofOther, workerEnds: [KILLED] }).takeoverMs.SIGKILL).toBe(0);
  });

  it('begins anew where the next worker ends as well', () => {
    const next = { pod: 'pod-1', by: 'SIGTERM', atMs: 11_800 } as const;
    expect(judged({ ...one(600, 12_000), workerEnds: [KILLED, next] }).takeoverMs).toEqual({
      SIGKILL: 200,
      SIGTERM: 0,
    });
  });
});
