import { describe, expect, it } from 'vitest';
import { topics, unknownTopics } from '#services/simulator/catalogue.ts';
import { identify, type RunFacts, renderNotification } from '#services/simulator/notification.ts';
import type { Planned } from '#services/simulator/plan.ts';
import { keyText } from '#shared/key.ts';
import { dedupId, readNotification } from '#shared/notification.ts';

const facts: RunFacts = { seed: 3, appId: 'abc12345', ratePerSecond: 10, startedAtMs: Date.UTC(2026, 0, 10) };

const known = topics.map((topic, index): Planned => ({ kind: 'good', index, topic, slot: index, sequence: 1 }));
const unknown = unknownTopics.map((topic, index): Planned => ({ kind: 'unknown', index: 100 + index, topic }));

describe('what the record says and what the services read', () => {
  it.each([...known, ...unknown].map((planned) => ({ planned, ...identify(planned, facts) })))(
    'agree on topic, subject and key of $topic',
    ({ planned, id, topic, subjectKey }) => {
      const reading = readNotification(renderNotification(planned, facts, 1));
      if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
      const { notification } = reading;
      expect(notification.topic).toBe(topic);
      expect(keyText(notification.key)).toBe(subjectKey);
      expect(dedupId(notification)).toBe(`${facts.appId}:${id}`);
    },
  );
});
