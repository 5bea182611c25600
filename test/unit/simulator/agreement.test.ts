import { describe, expect, it } from 'vitest';
import { apiVersions } from '#services/simulator/bodies/api-version.ts';
import { castOf } from '#services/simulator/bodies/scene.ts';
import { topics, unknownTopics } from '#services/simulator/catalogue.ts';
import type { Good } from '#services/simulator/goods.ts';
import { identify, type RunFacts, renderNotification } from '#services/simulator/notification.ts';
import type { Planned } from '#services/simulator/plan.ts';
import { keyText } from '#shared/key.ts';
import { dedupId, type Notification, readNotification } from '#shared/notification.ts';

const facts: RunFacts = {
  seed: 3,
  appId: 'abc12345',
  apiVersion: '2.14',
  ratePerSecond: 10,
  startedAtMs: Date.UTC(2026, 0, 10),
};

const known = topics.map((topic, index): Good => ({ kind: 'good', index, topic, slot: index, sequence: 1 }));
const unknown = unknownTopics.map((topic, index): Planned => ({ kind: 'unknown', index: 200 + index, topic }));

function read(body: Buffer): Notification {
  const reading = readNotification(body);
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  return reading.notification;
}

describe.each(apiVersions)('what the record says and what the services read, API version %s', (apiVersion) => {
  const versionFacts = { ...facts, apiVersion };

  it.each([...known, ...unknown].map((planned) => ({ planned, ...identify(planned, versionFacts) })))(
    'agree on topic, subject and key of $topic',
    ({ planned, id, topic, subjectKey }) => {
      const notification = read(renderNotification(planned, versionFacts, 1));
      expect(notification.topic).toBe(topic);
      expect(keyText(notification.key)).toBe(subjectKey);
      expect(dedupId(notification)).toBe(`${facts.appId}:${id}`);
    },
  );

  it.each(known)('find the contact and the conversation of $topic wherever the body has them', (planned) => {
    const { contactId, conversationId } = castOf(facts.seed, planned.slot);
    const body = renderNotification(planned, versionFacts, 1);
    const { contactIds, conversationIds } = read(body);
    expect(contactIds.includes(contactId)).toBe(body.includes(contactId));
    expect(conversationIds.includes(conversationId)).toBe(body.includes(conversationId));
  });
});
