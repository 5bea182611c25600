import { headers } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_ALLOWANCE_BYTES, HEADERS } from '#shared/contract.ts';
import { mentions, open, seal } from '#shared/envelope.ts';
import { type Notification, readNotification } from '#shared/notification.ts';

const NOTIFICATION: Notification = {
  id: 'notif_1',
  appId: 'abc12345',
  topic: 'conversation.user.replied',
  createdAt: 1_700_000_000,
  deliveryAttempts: 2,
  key: { kind: 'conversation', id: '215470000000001' },
  contactIds: ['c1', 'c 2'],
  conversationIds: ['215470000000001'],
};
/** A detail of 256 characters and five short values. */
const DEAD_LETTER_ROOM_BYTES = 4_096;
const RECEIVED_AT_MS = 1_700_000_001_234;

it('puts a notification in the slot of its key, under its topic, with the id of its workspace', () => {
  const { subject, msgId } = seal('crm-support-1', NOTIFICATION, RECEIVED_AT_MS);
  expect(subject).toBe('icw.crm-support-1.n.12.conversation.user.replied');
  expect(msgId).toBe('abc12345:notif_1');
});

it('gives back what it was given', () => {
  const { headers: hdrs } = seal('w', NOTIFICATION, RECEIVED_AT_MS);
  expect(open(hdrs)).toEqual({
    kind: 'stored',
    stored: {
      topic: 'conversation.user.replied',
      id: 'notif_1',
      appId: 'abc12345',
      key: 'conversation/215470000000001',
      createdAt: 1_700_000_000,
      receivedAtMs: RECEIVED_AT_MS,
      redrive: '',
    },
  });
  expect(mentions(hdrs)).toEqual({ contacts: ['c1', 'c 2'], conversations: ['215470000000001'] });
  expect(hdrs.get(HEADERS.deliveryAttempts)).toBe('2');
});

it('gives back any text, and nothing for what is missing', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, text, text, (id, appId, topic, keyId) => {
      const notification = { ...NOTIFICATION, id, appId, topic, key: { kind: 'contact', id: keyId }, createdAt: null };
      const { headers: hdrs, subject } = seal('w', { ...notification, contactIds: [], conversationIds: [] }, 5);
      const stored = { topic, id, appId, key: `contact/${keyId}`, createdAt: null, receivedAtMs: 5, redrive: '' };
      expect(open(hdrs)).toEqual({ kind: 'stored', stored });
      expect(mentions(hdrs)).toEqual({ contacts: [], conversations: [] });
      expect(subject).toMatch(/^icw\.w\.n\.\d\d(?:\.[^.\s*>]+)+$/);
    }),
  );
});

it('stays within the room that a message keeps for headers, dead-letter headers included', () => {
  // Half surrogate pairs: 6 bytes a character in a header, the most there is.
  const worst = (length: number): string => '\ud800'.repeat(length);
  const people = Array.from({ length: 100 }, (_, i) => ({
    type: 'contact',
    id: `${i}${worst(62)}`.slice(0, 64),
    conversation_id: `${i}${worst(62)}`.slice(0, 64),
  }));
  const item = { type: 'conversation', id: worst(256), people };
  const body = JSON.stringify({
    id: worst(256),
    app_id: worst(256),
    topic: worst(2048),
    created_at: 1,
    data: { item },
  });
  const reading = readNotification(Buffer.from(body));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  const { headers: hdrs, msgId, subject } = seal('w'.repeat(40), reading.notification, RECEIVED_AT_MS);
  const sizes = [...hdrs].map(([name, values]) => name.length + values.join('').length + 4);
  const total = sizes.reduce((sum, size) => sum + size, 0) + msgId.length + subject.length;
  expect(mentions(hdrs).contacts).toHaveLength(32);
  expect(total).toBeGreaterThan(30_000);
  expect(total + DEAD_LETTER_ROOM_BYTES).toBeLessThan(HEADER_ALLOWANCE_BYTES);
});

describe('what it does not know is foreign', () => {
  const changed = (name: string, value: string) => {
    const { headers: hdrs } = seal('w', NOTIFICATION, RECEIVED_AT_MS);
    hdrs.set(name, value);
    return open(hdrs);
  };

  it('no headers at all', () => {
    expect(open(undefined)).toEqual({ kind: 'foreign', reason: 'no Icw-Version header' });
    expect(open(headers())).toEqual({ kind: 'foreign', reason: 'no Icw-Version header' });
  });

  it('a version that is not ours', () => {
    expect(changed(HEADERS.version, '2')).toEqual({ kind: 'foreign', reason: 'format version 2' });
    expect(changed(HEADERS.version, '1.0')).toMatchObject({ kind: 'foreign' });
  });

  it.each([HEADERS.createdAt, HEADERS.receivedAt])('a %s that is no number', (name) => {
    for (const value of ['soon', '', '-1', '1e3', '9'.repeat(16)]) {
      expect(changed(name, value)).toEqual({ kind: 'foreign', reason: 'a time that is no number' });
    }
  });
});
