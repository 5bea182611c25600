import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { notificationOf } from './receiver.ts';
import { SUBSCRIPTION, sendAll, sent, subscribed } from './setup.ts';

trackLeaks();

describe('the record', () => {
  it('adds up: every notification has an end, and every attempt is counted once', async () => {
    const { endpoint, intercom } = await subscribed((_, before) => (before % 3 === 0 ? 503 : 200));
    const progress = await sendAll(intercom, { count: 60, duplicates: 5, forgeries: 7, unknownTopics: 4 });
    const lines = [...intercom.notifications()];
    const { intercom: counted, answers, forgeryAnswers } = intercom.report();
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((all, each) => all + each, 0);
    expect(lines).toHaveLength(76);
    expect(progress.sent).toBe(76);
    expect(counted.delivered + counted.lostAfterRetry + counted.dropped).toBe(76 - 7);
    expect(counted.rejectedForgeries + counted.acceptedForgeries + counted.undecidedForgeries).toBe(7);
    expect(counted.errors).toBe(counted.retried + counted.lostAfterRetry);
    expect(sum(answers) + sum(forgeryAnswers)).toBe(sent(endpoint).length);
    expect(lines.flatMap(({ attempts }) => attempts)).toHaveLength(sent(endpoint).length);
    expect(intercom.report().latencyMs.count).toBe(sum(answers));
    expect(intercom.report()).toMatchObject(progress.report);
  });

  it('names each notification as its body does, with the sequence along its subject', async () => {
    const { endpoint, intercom } = await subscribed(() => 200);
    await sendAll(intercom, { count: 40, conversations: 5 });
    const lines = [...intercom.notifications()];
    expect(lines.map(({ id, topic }) => ({ id, topic })).toSorted(byId)).toEqual(
      sent(endpoint)
        .map(notificationOf)
        .map(({ id, topic }) => ({ id, topic }))
        .toSorted(byId),
    );
    for (const group of Object.values(Object.groupBy(lines, ({ subjectKey }) => subjectKey))) {
      expect(group?.map(({ sequence }) => sequence)).toEqual(group?.map((_, at) => at + 1));
    }
    for (const { key, id, sentAtMs, attempts } of lines) {
      expect(key).toBe(`${SUBSCRIPTION.appId}:${id}`);
      expect(attempts).toHaveLength(1);
      expect(attempts[0]?.atMs).toBeGreaterThanOrEqual(sentAtMs);
    }
  });
});

function byId(left: { id: string | null }, right: { id: string | null }): number {
  return String(left.id).localeCompare(String(right.id));
}
