import { describe, expect, it } from 'vitest';
import { castOf } from '#services/simulator/bodies/scene.ts';
import { conversationTopics } from '#services/simulator/catalogue/conversations.ts';
import { seededRandom, streams } from '#services/simulator/random.ts';
import { afterNotification } from '#services/simulator/rest/conversation.ts';

/** Their items are no conversations: pairs of raw records, an id that is left over, a question to a person. */
const others = new Set([
  'conversation.contact.attached',
  'conversation.contact.detached',
  'conversation.deleted',
  'procedure.hitl_notification.created',
]);

const SEED = 7;
const SLOTS = 16;

function itemsOf(topic: keyof typeof conversationTopics) {
  return Array.from({ length: SLOTS }, (_, slot) =>
    conversationTopics[topic].build({
      random: seededRandom(SEED, streams.body, slot),
      cast: castOf(SEED, slot),
      appId: 'abc12345',
      apiVersion: '2.14',
      openedAtS: 1_734_537_500,
      atS: 1_734_537_559,
      sequence: 3,
      partId: '3000000000000007',
    }),
  );
}

describe('afterNotification', () => {
  it.each(Object.keys(conversationTopics) as (keyof typeof conversationTopics)[])(
    'makes of %s what there is to make',
    (topic) => {
      for (const item of itemsOf(topic)) {
        const now = afterNotification(null, { topic, item });
        if (others.has(topic)) {
          expect(now).toBeNull();
        } else {
          expect(now).toMatchObject({ type: 'conversation', id: item['id'], source: item['source'] });
        }
      }
    },
  );
});
