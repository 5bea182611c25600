import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { notificationOf } from './receiver.ts';
import { isTrue, SUBSCRIPTION, sendAll, sent, subscribed } from './setup.ts';

trackLeaks();

describe('the retry', () => {
  it('comes once, after the time set, with the same id, delivery_attempts 2 and a signature of its own', async () => {
    const { endpoint, intercom } = await subscribed((_, before) => (before === 0 ? 503 : 200), { retryAfterMs: 150 });
    const { report } = await sendAll(intercom, { count: 1 });
    const [first, second, ...more] = sent(endpoint);
    if (first === undefined || second === undefined) throw new Error('there was no retry');
    expect(more).toHaveLength(0);
    expect(notificationOf(first).delivery_attempts).toBe(1);
    expect(notificationOf(second)).toEqual({ ...notificationOf(first), delivery_attempts: 2 });
    expect(isTrue(first) && isTrue(second)).toBe(true);
    expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(149);
    expect(report.intercom).toMatchObject({ errors: 1, retried: 1, delivered: 1, lostAfterRetry: 0 });
  });

  it('is the last: what fails twice is lost', async () => {
    const { endpoint, intercom } = await subscribed(() => 500);
    const { report } = await sendAll(intercom, { count: 5 });
    expect(sent(endpoint)).toHaveLength(10);
    expect(report.intercom).toMatchObject({
      errors: 10,
      retried: 5,
      delivered: 0,
      lostAfterRetry: 5,
      longestStreak: 10,
    });
    expect(report.answers).toEqual({ '500': 10 });
  });

  it('follows a time-out, which is an error', async () => {
    const { intercom } = await subscribed((_, before) => (before === 0 ? 'hold' : 200), { patienceMs: 150 });
    const { report } = await sendAll(intercom, { count: 1 });
    expect(report.answers).toEqual({ timeout: 1, '200': 1 });
    expect(report.intercom).toMatchObject({ errors: 1, retried: 1, delivered: 1 });
    const [line] = intercom.notifications();
    expect(line?.attempts[0]?.latencyMs).toBeGreaterThanOrEqual(149);
  });

  it('follows a reset connection and a redirect, which is not followed itself', async () => {
    const { endpoint, intercom } = await subscribed((_, before) => ([302, 'reset'] as const)[before] ?? 200);
    const { report } = await sendAll(intercom, { count: 2 });
    expect(sent(endpoint)).toHaveLength(4);
    expect(report.intercom).toMatchObject({ errors: 2, delivered: 2 });
    const [, , reset] = Object.keys(report.answers).toSorted();
    expect(report.answers).toMatchObject({ '200': 2, '302': 1 });
    expect(reset).toMatch(/^(ECONNRESET|UND_ERR_SOCKET)$/);
  });

  it('never comes after 410: the subscription is over until the URL is saved again', async () => {
    const { endpoint, intercom } = await subscribed((_, before) => (before === 2 ? 410 : 500), {
      retryAfterMs: 60_000,
    });
    const progress = await sendAll(intercom, { count: 500, ratePerSecond: 50 });
    expect(progress).toMatchObject({ state: 'disabled', planned: 500, awaitingRetry: 0 });
    expect(progress.sent).toBe(sent(endpoint).length);
    expect(progress.sent).toBeLessThan(500);
    expect(progress.report.intercom).toMatchObject({ errors: progress.sent, dropped: progress.sent });
    expect(intercom.report()).toMatchObject({
      subscription: { condition: { kind: 'disabled' } },
      drops: { disabled: progress.sent },
    });
    expect(intercom.send({ count: 1, ratePerSecond: 1 })).toEqual({ kind: 'refused', reason: 'subscription-disabled' });
    await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION });
    expect(intercom.send({ count: 1, ratePerSecond: 1 })).toMatchObject({ kind: 'started' });
  });
});
