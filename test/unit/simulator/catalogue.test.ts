import { describe, expect, it } from 'vitest';
import { apiVersions } from '#services/simulator/bodies/api-version.ts';
import { canBeSent, catalogue, type Topic, topics, topicsOf, usualTopics } from '#services/simulator/catalogue.ts';
import { identify, type RunFacts, renderNotification } from '#services/simulator/notification.ts';
import { planRun } from '#services/simulator/plan.ts';

const facts: RunFacts = {
  seed: 7,
  appId: 'abc12345',
  apiVersion: '2.14',
  ratePerSecond: 2,
  startedAtMs: Date.UTC(2026, 0, 10, 8),
};

type Json = Readonly<Record<string, unknown>>;

function itemOf(topic: Topic, changes: Partial<RunFacts> = {}, sequence = 1): Json {
  const good = { kind: 'good', index: 5, topic, slot: 1, sequence } as const;
  const event = JSON.parse(renderNotification(good, { ...facts, ...changes }, 1).toString()) as {
    data: { item: Json };
  };
  return event.data.item;
}

/** Every value that stands under this name anywhere in it. */
function valuesOf(name: string, json: unknown): unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(name, value)]);
}

/** Topic → the item's type, or the names in a wrapper without one; the first that fits. Of a content stat, the topic is it. */
const itemTypes: readonly (readonly [RegExp, string])[] = [
  [/^admin\.activity_log_event\./, 'admin_activity_log_event'],
  [/^admin\./, 'admin'],
  [/^api\.request\.completed$/, 'api.request.completed'],
  [/^article\./, 'article'],
  [/^audience\.member_/, 'audience_membership'],
  [/^audience\./, 'audience'],
  [/^call\./, 'call'],
  [/^company\.contact\./, 'company+contact'],
  [/^company\./, 'company'],
  [/^contact\.(?:user|lead)\.tag\./, 'contact_tag'],
  [/^contact\.subscribed$/, 'contact_subscribe'],
  [/^contact\.unsubscribed$/, 'contact_unsubscribe'],
  [/^contact\./, 'contact'],
  [/^content_import_source\./, 'content_import_source'],
  [/^content_snippet\./, 'content_snippet'],
  [/^conversation\.contact\./, 'conversation+contact'],
  [/^conversation(?:_part)?\./, 'conversation'],
  [/^data_connector\.execution\./, 'data_connector.execution'],
  [/^event\.created$/, 'event'],
  [/^granular\.subscribe$/, 'granular_subscribe'],
  [/^granular\.unsubscribe$/, 'granular_unsubscribe'],
  [/^job\./, 'job'],
  [/^procedure\.hitl_notification\./, 'procedure.hitl_notification'],
  [/^ticket\.contact\.(?:attached|detached)$/, 'ticket+contact'],
  [/^ticket\.(?:created|closed|resolved|state\.|rating\.|admin\.(?:un)?snoozed)/, 'ticket'],
  [/^ticket\./, 'ticket_ticket_part'],
  [/^visitor\.signed_up$/, 'user'],
];

describe('the catalogue', () => {
  it('has every topic of the list once, and no other', () => {
    expect(Object.keys(catalogue).toSorted()).toEqual(topics.toSorted());
    expect(new Set(topics).size).toBe(topics.length);
  });

  it('has the 109 topics that Intercom names beside the ping', () => {
    expect(topics).toHaveLength(109);
    expect(topics).not.toContain('ping');
  });

  it.each(topics.flatMap((topic) => apiVersions.map((apiVersion) => ({ topic, apiVersion }))))(
    'makes of $topic the item that Intercom sends, API version $apiVersion',
    ({ topic, apiVersion }) => {
      const item = itemOf(topic, { apiVersion });
      const found = itemTypes.find(([pattern]) => pattern.test(topic))?.[1];
      const expected = topic.startsWith('content_stat.') ? topic : found;
      const isWrappedSince = topic === 'ticket.closed' && apiVersion === '2.15';
      expect(item['type'] ?? Object.keys(item).join('+')).toBe(isWrappedSince ? 'ticket' : expected);
    },
  );

  it('adds to an API version the topics that came with it, and no later ones', () => {
    const [older, newer] = [topicsOf('2.14'), topicsOf('2.15')];
    expect(newer.filter((topic) => !older.includes(topic))).toEqual([
      'conversation.company.updated',
      'api.request.completed',
      'ticket.resolved',
    ]);
    expect(newer).toEqual(expect.arrayContaining([...older]));
    expect(older).toEqual(expect.arrayContaining([...usualTopics]));
    const later = topics.filter((topic) => !newer.includes(topic));
    expect(later).toEqual(expect.arrayContaining(['audience.created', 'ticket.admin.snoozed']));
    expect(later).toHaveLength(13);
  });

  it('lets an app be sent what it can listen to, and the newest one what later versions add', () => {
    expect(canBeSent('ticket.resolved', '2.14')).toBe(false);
    expect(canBeSent('audience.created', '2.14')).toBe(false);
    expect(topics.filter((topic) => !canBeSent(topic, '2.15'))).toEqual([]);
  });

  it('has a topic that stands alone be about somebody new, whatever else is sent', () => {
    const request = { seed: 1, count: 3000, conversations: 5, duplicates: 0, replays: 0 };
    const planned = [...planRun({ ...request, forgeries: 0, unknownTopics: 0, audience: 0, topics })];
    const goods = planned.filter((each) => each.kind === 'good');
    const subjects = Map.groupBy(goods, (each) => identify(each, facts).subjectKey);
    const alone = goods.filter(({ topic }) => catalogue[topic].standing === 'once');
    expect(new Set(alone.map(({ topic }) => topic)).size).toBeGreaterThan(60);
    for (const each of alone) expect(subjects.get(identify(each, facts).subjectKey)).toEqual([each]);
  });
});

describe('the place in the order', () => {
  const ordered = topics.filter((topic) => catalogue[topic].standing !== 'once');

  it.each(ordered)('shows in the body of %s', (topic) => {
    const places = ['count_conversation_parts', 'updates', 'Updates'];
    for (const apiVersion of apiVersions) {
      const item = itemOf(topic, { apiVersion }, 17);
      expect(places.flatMap((place) => valuesOf(place, item))).toContain(17);
    }
  });
});

describe('what Intercom says of a deletion', () => {
  const deletions = topics.filter((topic) => topic.endsWith('.deleted') && !topic.includes('.tag.'));

  it.each(deletions.filter((topic) => topic !== 'article.deleted'))('is only which one it was: %s', (topic) => {
    const fields = Object.keys(itemOf(topic)).filter((name) => name !== 'external_id');
    const expected = topic === 'conversation.deleted' ? ['type', 'conversation_id'] : ['type', 'id', 'deleted'];
    expect(fields).toEqual(expected);
  });

  it('is the whole article', () => {
    expect(itemOf('article.deleted')).toMatchObject({ title: expect.any(String), body: expect.any(String) });
  });
});

describe('what differs between the API versions', () => {
  it('is how statistics tell the time', () => {
    const statistics = (apiVersion: RunFacts['apiVersion']) =>
      valuesOf('first_close_at', itemOf('conversation.admin.closed', { apiVersion }))[0];
    expect(statistics('2.14')).toBe('2026-01-10T08:00:02.000Z');
    expect(statistics('2.15')).toBe(Date.UTC(2026, 0, 10, 8, 0, 2) / 1000);
  });

  it('is what is wrapped around a closed ticket', () => {
    const closed = itemOf('ticket.closed');
    expect(closed).toMatchObject({ type: 'ticket', open: false });
    expect(Object.keys(itemOf('ticket.closed', { apiVersion: '2.15' }))).toEqual(['ticket']);
    expect(itemOf('ticket.resolved', { apiVersion: '2.15' })).toMatchObject({ type: 'ticket', open: false });
  });

  it('is whether text is marked up', () => {
    const note = (apiVersion: RunFacts['apiVersion']) =>
      valuesOf('body', itemOf('ticket.note.created', { apiVersion })).map(String);
    expect(note('2.14').every((body) => body.startsWith('<p>'))).toBe(true);
    expect(note('2.15').some((body) => body.startsWith('<p>'))).toBe(false);
  });

  it.each([
    ...topics.filter((topic) => !/^(?:conversation|ticket)/.test(topic)),
    ...(['conversation.contact.attached', 'conversation.deleted', 'ticket.contact.attached'] as const),
  ])('is nothing in %s', (topic) => {
    expect(itemOf(topic, { apiVersion: '2.15' })).toEqual(itemOf(topic, { apiVersion: '2.14' }));
  });
});
