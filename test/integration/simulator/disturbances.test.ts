import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { notificationOf, type Received } from './receiver.ts';
import { isTrue, sendAll, sent, subscribed } from './setup.ts';

trackLeaks();

const text = ({ bytes }: Received): string => bytes.toString('utf8');

describe("an outage of Intercom's", () => {
  it('holds everything back, and sends the newest first when it is over', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    const topics: ['conversation.user.replied'] = ['conversation.user.replied'];
    const { report } = await sendAll(intercom, {
      count: 20,
      ratePerSecond: 100,
      conversations: 1,
      topics,
      outageMs: 400,
    });
    expect(report.intercom).toMatchObject({ delivered: 20, errors: 0, dropped: 0 });
    const lines = [...intercom.notifications()];
    expect(lines.map(({ sequence }) => sequence)).toEqual([
      ...Array.from({ length: 10 }, (_, at) => at + 1),
      ...Array.from({ length: 10 }, (_, at) => 20 - at),
    ]);
    expect(lines.map(({ held }) => held)).toEqual(lines.map((_, at) => (at < 10 ? undefined : 'outage')));
    expect((lines[10]?.sentAtMs ?? 0) - (lines[9]?.sentAtMs ?? Infinity)).toBeGreaterThanOrEqual(400);
    expect(sent(endpoint)).toHaveLength(20);
  });
});

describe('notifications out of order', () => {
  it('leave after the next of their subject, and say when they came to be', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    const topics: ['conversation.user.replied'] = ['conversation.user.replied'];
    await sendAll(intercom, { count: 60, ratePerSecond: 50, conversations: 3, topics, outOfOrder: 10, seed: 3 });
    const lines = [...intercom.notifications()];
    const inversions = [...Map.groupBy(lines, ({ subjectKey }) => subjectKey).values()].flatMap((group) =>
      group.filter(({ sequence }, at) => Number(sequence) < (group[at - 1]?.sequence ?? 0)),
    );
    expect(inversions.length).toBeGreaterThan(5);
    const createdAtS = new Map(
      sent(endpoint).map((post) => [notificationOf(post).id, notificationOf(post).created_at]),
    );
    for (const group of Map.groupBy(lines, ({ subjectKey }) => subjectKey).values()) {
      const inOrder = group.toSorted((left, right) => Number(left.sequence) - Number(right.sequence));
      const times = inOrder.map(({ id }) => createdAtS.get(id) ?? 0);
      expect(times).toEqual(times.toSorted((left, right) => left - right));
    }
  });
});

describe('a slow sender', () => {
  it('takes seconds for the body, and none of that is counted as the answer', async () => {
    const { endpoint, intercom } = await subscribed(() => 200, { patienceMs: 600 });
    const { report } = await sendAll(intercom, { count: 3, slowBodies: 1 });
    expect(report.intercom).toMatchObject({ delivered: 3, errors: 0, slow: 0 });
    const [dribbled, ...others] = sent(endpoint).toSorted(
      (left, right) => right.atMs - right.headAtMs - (left.atMs - left.headAtMs),
    );
    if (dribbled === undefined) throw new Error('nothing arrived');
    expect(dribbled.atMs - dribbled.headAtMs).toBeGreaterThan(300);
    expect(isTrue(dribbled)).toBe(true);
    expect(dribbled.headers['content-length']).toBe(String(dribbled.bytes.length));
    for (const other of others) expect(other.atMs - other.headAtMs).toBeLessThan(300);
    const line = [...intercom.notifications()].find(({ manner }) => manner === 'dribbled');
    expect(line?.attempts[0]?.latencyMs).toBeLessThan(350);
  });
});

describe('a request that the sender breaks off', () => {
  it('arrives by half, is no error, and comes again as the first attempt', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    const { report } = await sendAll(intercom, { count: 5, aborted: 2 });
    expect(report.intercom).toMatchObject({ delivered: 5, aborted: 2, errors: 0, retried: 0, longestStreak: 0 });
    expect(report.answers).toEqual({ '200': 5, aborted: 2 });
    expect(endpoint.aborted).toHaveLength(2);
    expect(sent(endpoint).map((post) => notificationOf(post).delivery_attempts)).toEqual([1, 1, 1, 1, 1]);
    const lines = [...intercom.notifications()].filter(({ manner }) => manner === 'aborted');
    expect(lines.map(({ attempts }) => attempts)).toEqual([
      [expect.objectContaining({ error: 'aborted' }), expect.objectContaining({ status: 200 })],
      [expect.objectContaining({ error: 'aborted' }), expect.objectContaining({ status: 200 })],
    ]);
  });
});

describe('replays', () => {
  it('are old notifications byte for byte, truly signed, and no concern of Intercom', async () => {
    const bodies = new Set<string>();
    const { endpoint, intercom } = await subscribed((received) => {
      const isKnown = bodies.has(text(received));
      bodies.add(text(received));
      return isKnown ? 409 : 200;
    });
    // far enough apart that none overtakes its original on another connection
    const { report } = await sendAll(intercom, { count: 20, replays: 4, ratePerSecond: 40 });
    expect(report).toMatchObject({
      intercom: { delivered: 20, replays: 4, errors: 0 },
      answers: { '200': 20 },
      replayAnswers: { '409': 4 },
    });
    expect(sent(endpoint)).toHaveLength(24);
    expect(sent(endpoint).every(isTrue)).toBe(true);
    expect([...intercom.notifications()].slice(-4).map(({ kind }) => kind)).toEqual(Array(4).fill('replay'));
  });
});

describe('a mass message', () => {
  it('gives rise to five content stats a person, at five times the rate', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    await sendAll(intercom, { count: 6, ratePerSecond: 10, audience: 10 });
    const all = sent(endpoint).map((post) => ({ ...post, topic: notificationOf(post).topic }));
    const mass = all.filter(({ topic }) => topic.startsWith('content_stat.'));
    expect([all.length, mass.length]).toEqual([56, 50]);
    // 50 at 50/s take a second, at 10/s they would take five
    expect((mass.at(-1)?.atMs ?? Infinity) - (mass[0]?.atMs ?? 0)).toBeLessThan(3000);
  });
});

describe('the API version of the app', () => {
  it('is what its notifications follow', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    const topics: ['ticket.resolved'] = ['ticket.resolved'];
    expect(intercom.send({ count: 1, ratePerSecond: 1, topics })).toEqual({
      kind: 'refused',
      reason: 'topics-of-another-version',
    });
    await intercom.saveUrl({ url: endpoint.url, secret: 'sending-test-secret', appId: 'abc12345', apiVersion: '2.15' });
    expect(await sendAll(intercom, { count: 1, topics })).toMatchObject({ report: { intercom: { delivered: 1 } } });
    await sendAll(intercom, { count: 250, ratePerSecond: 2000, topics: 'all' });
    expect(new Set(sent(endpoint).map((post) => notificationOf(post).topic)).size).toBeGreaterThan(50);
  });
});
