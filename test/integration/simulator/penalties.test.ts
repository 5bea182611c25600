import { describe, expect, it } from 'vitest';
import type { WorkspaceReport } from '#services/simulator/workspace.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { isTrue, sendAll, sent, simulator, subscribed } from './setup.ts';

trackLeaks();

const call = async (base: string, method: string, path: string, body?: unknown) => {
  const response = await fetch(base + path, {
    method,
    headers: { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
};

describe('the pause', () => {
  it('drops what is due after too many errors in a row, and then sends as normal again', async () => {
    const policy = { maxConsecutiveErrors: 5, pauseMs: 300, retryAfterMs: 20 };
    let failures = 0;
    const { endpoint, intercom } = await subscribed((received) => (isTrue(received) && failures++ < 6 ? 503 : 200), {
      policy,
    });
    const { report } = await sendAll(intercom, { count: 100, ratePerSecond: 100, forgeries: 6 });
    const lines = [...intercom.notifications()];
    const own = lines.filter(({ kind }) => kind === 'good');
    const atMs = own.flatMap(({ attempts }) => attempts.map((attempt) => attempt.atMs)).toSorted((a, b) => a - b);
    const gaps = atMs.map((at, index) => at - (atMs[index - 1] ?? at));
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(290);
    expect(report.drops['paused']).toBeGreaterThan(10);
    expect(report.intercom.delivered + report.intercom.lostAfterRetry + report.intercom.dropped).toBe(100);
    expect(own.filter(({ dropped }) => dropped === 'paused')).toHaveLength(report.drops['paused'] ?? 0);
    expect(own.at(-1)?.attempts.at(-1)).toMatchObject({ status: 200 });
    // a forger heeds no pause
    expect(lines.filter(({ kind }) => kind === 'forged').every(({ attempts }) => attempts.length === 1)).toBe(true);
    expect(sent(endpoint)).toHaveLength(lines.flatMap(({ attempts }) => attempts).length);
  });
});

describe('an answer 429', () => {
  it('delays everything, and loses nothing', async () => {
    const policy = { throttleFromMs: 250 };
    const { intercom } = await subscribed((_, before) => (before === 0 ? 429 : 200), { policy });
    const { report } = await sendAll(intercom, { count: 30, ratePerSecond: 100 });
    expect(report.intercom).toMatchObject({ delivered: 30, errors: 1, throttled: 1, retried: 0, dropped: 0 });
    const lines = [...intercom.notifications()];
    const held = lines.filter((line) => line.held === 'throttled');
    expect(held.length).toBeGreaterThan(10);
    const refusedAtMs = lines.find(({ attempts }) => attempts[0]?.status === 429)?.sentAtMs ?? Infinity;
    expect(held.filter(({ sentAtMs }) => sentAtMs < refusedAtMs + 250)).toEqual([]);
  });

  it('drops what it makes too late', async () => {
    const policy = { throttleFromMs: 40, throttleToMs: 80, maxLateMs: 150 };
    const { intercom } = await subscribed(() => 429, { policy });
    const progress = await sendAll(intercom, { count: 8, ratePerSecond: 200 });
    expect(progress).toMatchObject({ state: 'finished', held: 0, awaitingRetry: 0 });
    expect(progress.report).toMatchObject({ intercom: { delivered: 0, dropped: 8 }, drops: { 'too-late': 8 } });
  });
});

describe('the suspension', () => {
  const policy = { suspendAfterMs: 150, retryAfterMs: 20 };

  it('stops everything after errors for too long, until "Set live"', async () => {
    let status = 500;
    const { intercom } = await subscribed(() => status, { policy });
    const run = sendAll(intercom, { count: 120, ratePerSecond: 100 });
    const sinceMs = await until(
      () => {
        const { condition } = intercom.report().subscription;
        return condition.kind === 'suspended' ? condition.sinceMs : null;
      },
      { describe: 'the suspension' },
    );
    expect(intercom.send({ count: 1, ratePerSecond: 1 })).toEqual({
      kind: 'refused',
      reason: 'subscription-suspended',
    });
    const dropped = () => intercom.report().drops['suspended'] ?? 0;
    await until(() => dropped() > 10, { describe: 'more to be due, and dropped' });
    const attempts = [...intercom.notifications()].flatMap((line) => line.attempts);
    expect(attempts.filter(({ atMs }) => atMs > sinceMs)).toEqual([]);

    status = 200;
    expect(await call(intercom.control.url, 'POST', '/subscription/live')).toMatchObject({
      status: 200,
      body: { condition: { kind: 'live' }, failingSinceMs: null },
    });
    const { state, report } = await run;
    expect(state).toBe('finished');
    expect(report.intercom.delivered).toBeGreaterThan(0);
  });

  it('never comes to a public app', async () => {
    const { intercom } = await subscribed(() => 500, { policy: { ...policy, app: 'public' } });
    const { report } = await sendAll(intercom, { count: 30, ratePerSecond: 100 });
    expect(report.drops).toEqual({});
    expect(intercom.report().subscription.failingSinceMs).not.toBeNull();
  });
});

describe('a slow answer', () => {
  it('costs priority: what follows is sent later, until an answer comes in good time', async () => {
    const policy = { lowPriorityDelayMs: 200 };
    const { endpoint, intercom } = await subscribed((_, before) => (before === 0 ? 'hold' : 200), { policy });
    const slow = sendAll(intercom, { count: 1 });
    const since = await until(() => sent(endpoint)[0]?.atMs, { describe: 'the first to arrive' });
    await until(() => performance.now() - since > 520, { describe: 'more than 500 ms' });
    endpoint.release();
    expect((await slow).report.intercom).toMatchObject({ delivered: 1, slow: 1 });
    expect(intercom.report().subscription.priority).toBe('low');

    const { run, startedAtMs } = await sendAll(intercom, { count: 3 });
    const lines = [...intercom.notifications(run)];
    expect(lines.map(({ held }) => held)).toEqual(['low-priority', 'low-priority', 'low-priority']);
    expect((lines[0]?.sentAtMs ?? 0) - startedAtMs).toBeGreaterThanOrEqual(200);
    expect(intercom.report().subscription.priority).toBe('normal');
    const { run: next } = await sendAll(intercom, { count: 1 });
    expect([...intercom.notifications(next)][0]).not.toHaveProperty('held');
  });
});

describe('the policy', () => {
  it('can be set while the simulator runs, by one factor or figure by figure', async () => {
    const { intercom } = await subscribed(() => 200);
    const set = (body: unknown) => call(intercom.control.url, 'PUT', '/policy', body);
    expect(await set({ speed: 60, pauseMs: 5 })).toMatchObject({
      status: 200,
      body: { retryAfterMs: 1000, pauseMs: 5, suspendAfterMs: 10_080_000, maxConsecutiveErrors: 1000 },
    });
    expect(intercom.report().policy).toMatchObject({ retryAfterMs: 1000, pauseMs: 5 });
    expect(await set({ speed: 0 })).toMatchObject({ status: 400, body: { issues: [{ path: 'speed' }] } });
  });
});

describe('"Set live"', () => {
  it('sends at once what an answer 429 had put off', async () => {
    const policy = { throttleFromMs: 60_000 };
    const { intercom } = await subscribed((_, before) => (before === 0 ? 429 : 200), { policy });
    const run = sendAll(intercom, { count: 20, ratePerSecond: 100 });
    // some may have left before the first answer was in
    const others = ({ held, intercom: { delivered } }: WorkspaceReport) => [held, held + delivered];
    const [held] = await until(
      () => {
        const counted = others(intercom.report());
        return counted[1] === 19 ? counted : null;
      },
      { describe: 'all others to wait' },
    );
    expect(held).toBeGreaterThan(0);
    await call(intercom.control.url, 'POST', '/subscription/live');
    const { state, report } = await run;
    expect([state, report.intercom.delivered]).toEqual(['finished', 20]);
  });

  it('revives what an answer 410 has ended, and needs a URL', async () => {
    const { endpoint, intercom } = await subscribed(() => 410);
    expect(await sendAll(intercom, { count: 1 })).toMatchObject({ report: { drops: { disabled: 1 } } });
    const setLive = (control: { url: string }) => call(control.url, 'POST', '/subscription/live');
    expect(await setLive(intercom.control)).toMatchObject({ status: 200 });
    expect(await sendAll(intercom, { count: 1 })).toMatchObject({ state: 'disabled' });
    expect(sent(endpoint)).toHaveLength(2);
    const { control } = await simulator();
    expect(await setLive(control)).toMatchObject({ status: 409, body: { error: 'no-subscription' } });
  });
});
