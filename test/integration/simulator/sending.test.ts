import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { notificationOf } from './receiver.ts';
import { isTrue, sendAll, sent, subscribed } from './setup.ts';

trackLeaks();

describe('sending', () => {
  it("signs the raw bytes and sends Intercom's headers over kept-alive connections", async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    for (let run = 0; run < 5; run += 1) await sendAll(intercom, { count: 1 });
    expect(sent(endpoint)).toHaveLength(5);
    for (const post of sent(endpoint)) {
      expect(isTrue(post)).toBe(true);
      expect(post.headers).toMatchObject({
        'user-agent': 'intercom-parrot-service-client/1.0',
        accept: 'application/json',
        'content-type': 'application/json',
      });
    }
    // undici gives up the connection of a HEAD, so the first notification may need another
    expect(new Set(sent(endpoint).map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });

  it('sends the same ids and items again for the same seed', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    await sendAll(intercom, { seed: 9, ratePerSecond: 100 });
    await sendAll(intercom, { seed: 9, ratePerSecond: 100 });
    const ids = sent(endpoint).map((post) => notificationOf(post).id);
    expect(ids).toHaveLength(20);
    expect(new Set(ids.slice(10))).toEqual(new Set(ids.slice(0, 10)));
  });

  it('takes another seed for each run that names none', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    await sendAll(intercom);
    await sendAll(intercom);
    expect(new Set(sent(endpoint).map((post) => notificationOf(post).id)).size).toBe(20);
  });

  it('is not slowed by slow answers', async () => {
    const { endpoint, intercom } = await subscribed(() => 'hold', { patienceMs: 20_000 });
    const run = sendAll(intercom, { count: 100, ratePerSecond: 200 });
    await until(() => sent(endpoint).length === 100, { describe: 'all 100 to arrive while none is answered' });
    expect(intercom.report()).toMatchObject({ inFlight: 100, intercom: { delivered: 0 } });
    endpoint.release();
    expect((await run).report.intercom).toMatchObject({ delivered: 100, errors: 0 });
  });

  it('sends nothing before it is due', async () => {
    const { intercom } = await subscribed(() => 200);
    const { startedAtMs } = await sendAll(intercom, { count: 50, ratePerSecond: 200 });
    for (const [index, { sentAtMs }] of [...intercom.notifications()].entries()) {
      expect(sentAtMs - startedAtMs).toBeGreaterThanOrEqual(index * 5);
    }
  });

  it('keeps to the bound on requests in flight and says how late that made it', async () => {
    const { endpoint, intercom } = await subscribed(() => 'hold', { maxInFlight: 4, patienceMs: 20_000 });
    const run = sendAll(intercom, { count: 12, ratePerSecond: 1000 });
    await until(() => sent(endpoint).length === 4, { describe: 'four to arrive' });
    await until(() => (intercom.report().inFlight === 4 ? intercom.progress('1') : null), {
      describe: 'four in flight',
    });
    expect(sent(endpoint)).toHaveLength(4);
    for (let more = 0; more < 3; more += 1) {
      await until(() => sent(endpoint).length === 4 * (more + 1), { describe: 'the next four' });
      endpoint.release();
    }
    const { report } = await run;
    expect(report.intercom.delivered).toBe(12);
    expect(report.lateMs.count).toBe(12);
    expect(report.lateMs.max).toBeGreaterThan(5);
  });
});

describe('what is not good', () => {
  it('counts forgeries apart, sends them once, and knows which were believed', async () => {
    const { endpoint, intercom } = await subscribed((received) => (isTrue(received) ? 200 : 401));
    const { report } = await sendAll(intercom, { count: 20, forgeries: 12 });
    expect(sent(endpoint)).toHaveLength(32);
    expect(sent(endpoint).filter(isTrue)).toHaveLength(20);
    expect(sent(endpoint).some(({ headers }) => headers['x-hub-signature'] === undefined)).toBe(true);
    expect(report.intercom).toMatchObject({
      delivered: 20,
      errors: 0,
      longestStreak: 0,
      rejectedForgeries: 12,
      acceptedForgeries: 0,
    });
    expect(report).toMatchObject({ answers: { '200': 20 }, forgeryAnswers: { '401': 12 }, latencyMs: { count: 20 } });
  });

  it('tells on a receiver that believes everything', async () => {
    const { intercom } = await subscribed(() => 200);
    const { report } = await sendAll(intercom, { count: 5, forgeries: 4 });
    expect(report.intercom).toMatchObject({ delivered: 5, acceptedForgeries: 4, rejectedForgeries: 0 });
  });

  it('sends duplicates byte for byte, and topics nobody knows', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    await sendAll(intercom, { count: 20, duplicates: 6, unknownTopics: 3 });
    const bodies = sent(endpoint).map(({ bytes }) => bytes.toString('utf8'));
    expect(bodies).toHaveLength(29);
    expect(new Set(bodies).size).toBe(23);
    const kinds = Object.groupBy(intercom.notifications(), ({ kind }) => kind);
    expect([kinds.good?.length, kinds.duplicate?.length, kinds.unknown?.length]).toEqual([20, 6, 3]);
    const keys = new Set(kinds.good?.map(({ key }) => key));
    expect(kinds.duplicate?.every(({ key }) => keys.has(key))).toBe(true);
    expect(kinds.unknown?.some(({ key }) => keys.has(key))).toBe(false);
  });
});

describe('closing', () => {
  it('ends a run that is under way: nothing new, no retry, the answers under way still counted', async () => {
    const { endpoint, intercom } = await subscribed((_, before) => (before === 0 ? 500 : 'hold'), {
      retryAfterMs: 60_000,
      patienceMs: 20_000,
    });
    const run = sendAll(intercom, { count: 1000, ratePerSecond: 50 });
    await until(() => sent(endpoint).length >= 3, { describe: 'three to arrive' });
    const closed = intercom.close();
    const arrived = await until(
      () => (intercom.report().inFlight === sent(endpoint).length - 1 ? sent(endpoint).length : 0),
      {
        describe: 'all that was sent to have arrived',
      },
    );
    endpoint.release();
    await closed;
    const progress = await run;
    expect(progress).toMatchObject({ state: 'stopped', sent: arrived, inFlight: 0, awaitingRetry: 0 });
    expect(progress.report.intercom).toMatchObject({ delivered: arrived - 1, errors: 1, dropped: 1 });
  });
});
