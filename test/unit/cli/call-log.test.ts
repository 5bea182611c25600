import { describe, expect, it } from 'vitest';
import { CallLog } from '#cli/judge/call-log.ts';

const line = (msg: string, time: string, attempt = '1', idempotencyKey = 'a:1:support') =>
  JSON.stringify({ level: 'info', time: `2026-01-01T00:00:${time}Z`, msg, idempotencyKey, attempt });
const at = (time: string) => Date.parse(`2026-01-01T00:00:${time}Z`);

describe('CallLog', () => {
  it('joins the begin and the end of a call', () => {
    const log = new CallLog();
    log.add('pod-0', line('call begins', '01.000'));
    log.add('pod-0', 'not a call');
    log.add('pod-0', line('call ends', '01.020'));
    expect(log.calls).toEqual([
      { pod: 'pod-0', idempotencyKey: 'a:1:support', beginMs: at('01.000'), endMs: at('01.020') },
    ]);
    expect(log.underWay('pod-0')).toBe(0);
    expect([...log.ended]).toEqual(['a:1:support']);
  });

  it.each([
    [200, false],
    [429, true],
    [500, true],
    [null, true],
  ])('knows by the status %s whether a call failed', (status, hasFailed) => {
    const log = new CallLog();
    log.add('pod-0', line('call begins', '01.000'));
    log.add('pod-0', JSON.stringify({ ...(JSON.parse(line('call ends', '01.020')) as object), status }));
    expect(log.calls[0]?.failed ?? false).toBe(hasFailed);
    expect(log.ended.size).toBe(hasFailed ? 0 : 1);
  });

  it('knows what is under way, and that a process takes its calls along', () => {
    const log = new CallLog();
    log.add('pod-0', line('call begins', '01.000'));
    log.add('pod-1', line('call begins', '01.000', '1', 'a:2:support'));
    expect([log.isUnderWay('pod-0', 'a:1:support'), log.isUnderWay('pod-1', 'a:1:support')]).toEqual([true, false]);
    log.died('pod-0');
    expect([log.underWay('pod-0'), log.underWay('pod-1')]).toEqual([0, 1]);
    expect(log.calls.map(({ endMs }) => endMs)).toEqual([null, null]);
  });

  it('knows what a call was about', () => {
    const log = new CallLog();
    const entry = JSON.parse(line('call begins', '01.000')) as object;
    log.add('pod-0', JSON.stringify({ ...entry, subject: 'ticket/7' }));
    expect([log.subjectOf('a:1:support'), log.subjectOf('a:2:support')]).toEqual(['ticket/7', null]);
  });

  it('keeps calls of other pods, other attempts, and the same attempt again, apart', () => {
    const log = new CallLog();
    log.add('pod-0', line('call begins', '01.000'));
    log.add('pod-1', line('call begins', '02.000'));
    log.add('pod-1', line('call begins', '03.000', '2'));
    log.add('pod-1', line('call begins', '04.000', '2'));
    log.add('pod-1', line('call ends', '05.000', '2'));
    expect(log.calls.map((call) => call.endMs)).toHaveLength(4);
    expect(log.underWay('pod-1')).toBe(2);
    expect(log.calls.filter((call) => call.endMs !== null)).toEqual([
      { pod: 'pod-1', idempotencyKey: 'a:1:support', beginMs: at('04.000'), endMs: at('05.000') },
    ]);
  });
});
