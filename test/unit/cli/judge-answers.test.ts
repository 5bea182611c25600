import { describe, expect, it } from 'vitest';
import type { Attempt, Sent } from '#cli/judge/judge.ts';
import { judgeAnswers, underWay } from '#cli/judge/judge-answers.ts';

const sent = (attempts: Attempt[], kind: Sent['kind'] = 'good'): Sent => ({ key: 'a:1', kind, sentAtMs: 0, attempts });
const ok = (latencyMs: number, atMs = 0): Attempt => ({ atMs, latencyMs, status: 200 });

describe('answers, as Intercom counts them', () => {
  it('are errors when they are not 2xx, or do not come', () => {
    const { errors, errorKinds, unacknowledged } = judgeAnswers(
      [
        sent([ok(5)]),
        sent([{ atMs: 0, latencyMs: 9, status: 503 }, ok(5, 60_000)]),
        sent([
          { atMs: 0, latencyMs: 5_000, error: 'timeout' },
          { atMs: 60_000, latencyMs: 9, status: 503 },
        ]),
        sent([{ atMs: 0, latencyMs: 9, status: 302 }]),
      ],
      0,
    );
    expect({ errors, unacknowledged }).toEqual({ errors: 4, unacknowledged: 2 });
    expect(errorKinds).toEqual({ '302': 1, '503': 2, timeout: 1 });
  });

  it('count one that was dropped before any attempt as unacknowledged, not as an error', () => {
    expect(judgeAnswers([sent([])], 0)).toMatchObject({ errors: 0, unacknowledged: 1 });
  });

  it("to forgeries and replays are a stranger's", () => {
    const refused: Attempt = { atMs: 0, latencyMs: 900, status: 401 };
    const strangers = [sent([refused], 'forged'), sent([refused], 'replay')];
    expect(judgeAnswers(strangers, 0)).toMatchObject({ errors: 0, unacknowledged: 0, longestMs: 0 });
  });

  it('are measured by the slow ones, errors with an answer included', () => {
    const fast = Array.from({ length: 998 }, () => sent([ok(5)]));
    const slow = [sent([{ atMs: 0, latencyMs: 700, status: 503 }]), sent([ok(800)])];
    expect(judgeAnswers([...fast, ...slow], 0)).toMatchObject({ p999Ms: 800, longestMs: 800 });
    expect(judgeAnswers([...fast, ...fast, slow[1] ?? sent([])], 0)).toMatchObject({ p999Ms: 5, longestMs: 800 });
  });

  it('are measured from the begin of the fault on, with those that were under way then', () => {
    const before = sent([ok(900, 99)]);
    expect(judgeAnswers([before, sent([ok(5, 2_000)])], 1_000)).toMatchObject({ p999Ms: 5, longestMs: 900 });
    expect(judgeAnswers([before, sent([ok(5, 2_000)])], 999)).toMatchObject({ p999Ms: 900 });
  });
});

it('counts as under way what left before the end and was not answered before the begin', () => {
  const all = [ok(10, 80), ok(30, 80), ok(10, 150), ok(10, 201)].map((attempt) => sent([attempt]));
  expect(underWay(all, 100, 200)).toBe(2);
  expect(underWay([sent([ok(100, 100)], 'forged')], 100, 200)).toBe(0);
});
