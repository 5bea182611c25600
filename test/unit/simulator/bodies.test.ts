import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApiVersion } from '#services/simulator/bodies/api-version.ts';
import { pingBytes } from '#services/simulator/bodies/envelope.ts';
import { castOf, numericId } from '#services/simulator/bodies/scene.ts';
import { type Topic, topics, unknownTopics, usualTopics } from '#services/simulator/catalogue.ts';
import type { Good } from '#services/simulator/goods.ts';
import { identify, type RunFacts, renderNotification } from '#services/simulator/notification.ts';
import type { Planned } from '#services/simulator/plan.ts';

const facts: RunFacts = {
  seed: 20_260_110,
  appId: 'abc12345',
  apiVersion: '2.14',
  ratePerSecond: 2,
  startedAtMs: Date.UTC(2026, 0, 10, 8),
};

const goldenFile = (name: string) => join(import.meta.dirname, 'golden', `${name}.json`);
const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));
const pretty = (bytes: Buffer) => `${JSON.stringify(parsed(bytes), null, 2)}\n`;
const good = (topic: Topic, changes: Partial<Good> = {}): Good => ({
  kind: 'good',
  index: 6,
  topic,
  slot: 2,
  sequence: 3,
  ...changes,
});

/** Beside the usual topics, one for each shape of item that they don't have. */
const otherShapes = [
  'admin.activity_log_event.created',
  'admin.away_mode_updated',
  'article.deleted',
  'audience.member_added',
  'audience.updated',
  'call.ended',
  'company.contact.attached',
  'company.deleted',
  'contact.archived',
  'contact.deleted',
  'contact.unsubscribed',
  'contact.user.tag.created',
  'content_import_source.updated',
  'content_snippet.created',
  'content_stat.series.webhook',
  'conversation.admin.assigned',
  'conversation.admin.single.created',
  'conversation.admin.snoozed',
  'conversation.contact.attached',
  'conversation.deleted',
  'conversation.operator.replied',
  'conversation.read',
  'conversation_part.redacted',
  'conversation_part.tag.created',
  'data_connector.execution.completed',
  'event.created',
  'granular.subscribe',
  'job.completed',
  'procedure.hitl_notification.created',
  'ticket.attribute.updated',
  'ticket.closed',
  'ticket.contact.attached',
  'visitor.signed_up',
] as const satisfies readonly Topic[];

/** What 2.15 has changed or added. */
const changedShapes = [
  'api.request.completed',
  'conversation.admin.replied.translated',
  'conversation.company.updated',
  'conversation.user.replied',
  'conversation_part.redacted',
  'ticket.closed',
  'ticket.resolved',
] as const satisfies readonly Topic[];

describe('renderNotification', () => {
  it.each([...usualTopics, ...otherShapes])('sends %s in the shape of API version 2.14', async (topic) => {
    await expect(pretty(renderNotification(good(topic), facts, 1))).toMatchFileSnapshot(goldenFile(topic));
  });

  it.each(changedShapes)('sends %s in the shape of API version 2.15', async (topic) => {
    const bytes = renderNotification(good(topic), { ...facts, apiVersion: '2.15' }, 1);
    await expect(pretty(bytes)).toMatchFileSnapshot(goldenFile(`${topic}-2.15`));
  });

  it('gives the same bytes for the same facts, compact and in UTF-8', () => {
    const bytes = renderNotification(good('ticket.created'), facts, 1);
    expect(renderNotification(good('ticket.created'), { ...facts }, 1).equals(bytes)).toBe(true);
    expect(bytes.toString('utf8')).toBe(JSON.stringify(parsed(bytes)));
    expect(bytes.toString('utf8')).toContain('🎟');
  });

  it('gives other bytes for another seed', () => {
    const other = renderNotification(good('conversation.user.replied'), { ...facts, seed: 1 }, 1);
    expect(other.equals(renderNotification(good('conversation.user.replied'), facts, 1))).toBe(false);
  });

  it.each(topics)('changes nothing but delivery_attempts in the retry of %s', (topic) => {
    const once = renderNotification(good(topic), facts, 1).toString();
    const again = renderNotification(good(topic), facts, 2).toString();
    expect(again).toBe(once.replace('"delivery_attempts":1', '"delivery_attempts":2'));
    expect(again).not.toBe(once);
  });

  it('repeats a duplicate byte for byte, whenever it is due', () => {
    const original = good('contact.user.updated');
    const duplicate: Planned = { kind: 'duplicate', index: 90, original };
    expect(renderNotification(duplicate, facts, 1).equals(renderNotification(original, facts, 1))).toBe(true);
    expect(identify(duplicate, facts)).toEqual(identify(original, facts));
  });

  it('dates a notification by when it is due', () => {
    const startS = facts.startedAtMs / 1000;
    expect(parsed(renderNotification(good('company.created', { index: 9 }), facts, 1))).toMatchObject({
      created_at: startS + 4,
      first_sent_at: startS + 4,
    });
  });

  it.each(unknownTopics)('sends the unknown topic %s with an item of a type nobody knows', (topic) => {
    const planned: Planned = { kind: 'unknown', index: 4, topic };
    const { id, subjectKey } = identify(planned, facts);
    expect(parsed(renderNotification(planned, facts, 1))).toMatchObject({
      id,
      topic,
      data: { item: { type: 'novelty' } },
    });
    expect(subjectKey).toMatch(/^novelty\/\d+$/);
  });

  it('moves a ticket through the states in order', () => {
    const state = (sequence: number) =>
      parsed(renderNotification(good('ticket.state.updated', { sequence }), facts, 1));
    const moves = [
      ['submitted', 'in_progress'],
      ['in_progress', 'waiting_on_customer'],
      ['waiting_on_customer', 'resolved'],
    ];
    for (const [at, [previous, now]] of moves.entries()) {
      expect(state(at + 2)).toMatchObject({
        data: {
          item: {
            ticket_state: { category: now },
            ticket_parts: { ticket_parts: [{ ticket_state: now, previous_ticket_state: previous }] },
            open: now !== 'resolved',
          },
        },
      });
    }
  });

  it('lets the bot answer under the topics of both teammates and bot, not always with an answer', () => {
    const parts = (topic: Topic) =>
      Array.from({ length: 60 }, (_, index) => renderNotification(good(topic, { index }), facts, 1).toString());
    const ofAdmins = parts('conversation.admin.replied');
    const ofBot = parts('conversation.operator.replied');
    expect(ofAdmins.some((body) => body.includes('"type":"bot"'))).toBe(true);
    expect(ofAdmins.some((body) => !body.includes('"type":"bot"'))).toBe(true);
    expect(ofBot.some((body) => body.includes('"is_ai_answer":true'))).toBe(true);
    expect(ofBot.some((body) => body.includes('channel_and_reply_time_expectation'))).toBe(true);
  });

  it.each<[ApiVersion, RegExp]>([
    ['2.14', /^<p>.*<\/p>$/s],
    ['2.15', /^(?!.*(?:<p>|<br>|&lt;))/s],
  ])('writes what people say in the way of API version %s', (apiVersion, form) => {
    for (let slot = 0; slot < 40; slot += 1) {
      const bytes = renderNotification(good('conversation.user.created', { slot }), { ...facts, apiVersion }, 1);
      expect(parsed(bytes)).toMatchObject({ data: { item: { source: { body: expect.stringMatching(form) } } } });
    }
  });
});

describe('identify', () => {
  it.each(usualTopics)('names the subject of %s as the body has it', (topic) => {
    const bytes = renderNotification(good(topic), facts, 1);
    const { id, subjectKey } = identify(good(topic), facts);
    const [type, subjectId] = subjectKey.split('/');
    expect(parsed(bytes)).toMatchObject({ id, topic, data: { item: { type, id: subjectId } } });
  });

  it('gives a forgery an id of its own and no place in the order', () => {
    const forged: Planned = { kind: 'forged', index: 7, topic: 'ticket.created', slot: 2, manner: 'unsigned' };
    expect(identify(forged, facts)).toMatchObject({ sequence: null });
    expect(identify(forged, facts).id).not.toBe(identify(good('ticket.created'), facts).id);
  });
});

describe('pingBytes', () => {
  it('has neither an id nor a delivery status', async () => {
    await expect(pretty(pingBytes('abc12345', facts.startedAtMs / 1000))).toMatchFileSnapshot(goldenFile('ping'));
  });
});

describe('castOf', () => {
  const casts = Array.from({ length: 200 }, (_, slot) => castOf(facts.seed, slot));

  it('brings the names and addresses that receivers stumble over', () => {
    expect(casts.some(({ name }) => name === null)).toBe(true);
    expect(casts.some(({ name }) => name === '')).toBe(true);
    expect(casts.some(({ email }) => email === '')).toBe(true);
    expect(casts.some(({ name }) => /\p{Script=Han}/u.test(name ?? ''))).toBe(true);
    expect(casts.some(({ externalId }) => externalId === null)).toBe(true);
  });

  it('gives no id to two slots', () => {
    for (const id of ['conversationId', 'contactId', 'ticketId', 'companyId', 'thingId'] as const) {
      expect(new Set(casts.map((cast) => cast[id])).size).toBe(casts.length);
    }
  });
});

describe('numericId', () => {
  it.each(['conversation', 'ticket', 'part', 'unknown', 'thing'] as const)(
    'makes ids of a %s that are safe integers, so that a receiver may read them as numbers',
    (kind) => {
      for (let seed = 0; seed < 500; seed += 1) {
        expect(Number.isSafeInteger(Number(numericId(kind, seed, 999_999)))).toBe(true);
      }
    },
  );
});
