import { describe, expect, it } from 'vitest';
import type { Call, Sent } from '#cli/judge/judge.ts';
import { judgeBacklog } from '#cli/judge/judge-backlog.ts';

/** When the fault was over. */
const END = 20_000;

const sent = (key: string, atMs: number, attempts: Sent['attempts'] = [{ atMs, latencyMs: 4, status: 200 }]): Sent => ({
  key,
  kind: 'good',
  sentAtMs: atMs,
  attempts,
});
const stored = (key: string, storedAtMs: number) => ({ key, subject: key, seq: 1, storedAtMs });
const call = (key: string, endMs: number | null, beginMs = END): Call => ({
  pod: 'pod-0',
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs,
});
const judged = (evidence: { sent?: Sent[]; stored?: ReturnType<typeof stored>[]; calls?: Call[]; endMs?: number }) =>
  judgeBacklog({
    handler: 'support',
    sent: [sent('a:1', END - 5_000)],
    stored: [],
    calls: [],
    endMs: END,
    ...evidence,
  });

describe('the backlog of a fault', () => {
  it('is over when the last is stored, and when the last is handled, of what was acknowledged before its end', () => {
    const both = [sent('a:1', END - 5_000), sent('a:2', END)];
    const times = judged({
      sent: both,
      stored: [stored('a:1', END + 300), stored('a:2', END + 200)],
      calls: [call('a:1', END + 400), call('a:2', END + 900)],
    });
    expect(times).toEqual({ storedAfterMs: 300, drainMs: 900 });
  });

  it('is over at once where all was stored and handled meanwhile', () => {
    expect(judged({ stored: [stored('a:1', END - 10)], calls: [call('a:1', END - 1)] })).toEqual({
      storedAfterMs: 0,
      drainMs: 0,
    });
  });

  it('ends with the first call that was answered, not with a repeated one', () => {
    const calls = [call('a:1', null), call('a:1', END + 500), call('a:1', END + 9_000)];
    expect(judged({ calls }).drainMs).toBe(500);
  });

  it('holds neither what was sent after, nor what Intercom had to send again after', () => {
    const failedBefore = sent('a:3', END - 1_000, [
      { atMs: END - 1_000, latencyMs: 90, status: 503 },
      { atMs: END + 8_000, latencyMs: 4, status: 200 },
    ]);
    const late = {
      stored: [stored('a:2', END + 9_000), stored('a:3', END + 9_000)],
      calls: [call('a:3', END + 9_001)],
    };
    expect(judged({ sent: [sent('a:2', END + 1), failedBefore], ...late })).toEqual({ storedAfterMs: 0, drainMs: 0 });
  });

  it('is none without a fault', () => {
    expect(judged({ stored: [stored('a:1', END)], endMs: -Infinity })).toEqual({ storedAfterMs: 0, drainMs: 0 });
  });

  it('may be larger than an argument list', () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `a:${i}`);
    const times = judged({ sent: keys.map((key) => sent(key, 0)), calls: keys.map((key) => call(key, END + 7)) });
    expect(times.drainMs).toBe(7);
  });
});
