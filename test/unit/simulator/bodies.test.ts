import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pingBytes } from '#services/simulator/bodies/envelope.ts';
import { castOf, numericId } from '#services/simulator/bodies/scene.ts';
import { topics, unknownTopics } from '#services/simulator/catalogue.ts';
import { identify, type RunFacts, renderNotification } from '#services/simulator/notification.ts';
import type { Good, Planned } from '#services/simulator/plan.ts';

const facts: RunFacts = {
  seed: 20_260_110,
  appId: 'abc12345',
  ratePerSecond: 2,
  startedAtMs: Date.UTC(2026, 0, 10, 8),
};

const goldenFile = (name: string) => join(import.meta.dirname, 'golden', `${name}.json`);
const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));
const pretty = (bytes: Buffer) => `${JSON.stringify(parsed(bytes), null, 2)}\n`;
const good = (topic: Good['topic'], changes: Partial<Good> = {}): Good => ({
  kind: 'good',
  index: 6,
  topic,
  slot: 2,
  sequence: 3,
  ...changes,
});

describe('renderNotification', () => {
  it.each(topics)('sends %s in the shape of API versions up to 2.14', async (topic) => {
    await expect(pretty(renderNotification(good(topic), facts, 1))).toMatchFileSnapshot(goldenFile(topic));
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

  it('shows the sequence in a place of the body', () => {
    const item = (topic: Good['topic']) => parsed(renderNotification(good(topic, { sequence: 17 }), facts, 1));
    expect(item('conversation.user.replied')).toMatchObject({
      data: { item: { statistics: { count_conversation_parts: 17 } } },
    });
    expect(item('contact.user.updated')).toMatchObject({ data: { item: { custom_attributes: { updates: 17 } } } });
    expect(item('ticket.state.updated')).toMatchObject({ data: { item: { ticket_attributes: { Updates: 17 } } } });
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
});

describe('identify', () => {
  it('names the subject as the body has it', () => {
    for (const topic of topics) {
      const bytes = renderNotification(good(topic), facts, 1);
      const { id, subjectKey } = identify(good(topic), facts);
      const [type, subjectId] = subjectKey.split('/');
      expect(parsed(bytes)).toMatchObject({ id, topic, data: { item: { type, id: subjectId } } });
    }
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
    for (const id of ['conversationId', 'contactId', 'ticketId', 'companyId'] as const) {
      expect(new Set(casts.map((cast) => cast[id])).size).toBe(casts.length);
    }
  });
});

describe('numericId', () => {
  it('stays a safe integer, so that a receiver may read it as a number', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      expect(Number.isSafeInteger(Number(numericId('unknown', seed, 999_999)))).toBe(true);
    }
  });
});
