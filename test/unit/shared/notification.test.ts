import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dedupId, type Notification, readNotification } from '#shared/notification.ts';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const BASE = {
  type: 'notification_event',
  app_id: 'abc12345',
  id: 'notif_1',
  topic: 'conversation.user.replied',
  delivery_attempts: 1,
  created_at: 1_700_000_000,
  data: { type: 'notification_event_data', item: { type: 'conversation', id: '42' } },
};

function read(changes: object): Notification {
  const reading = readNotification(bytes({ ...BASE, ...changes }));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  return reading.notification;
}

describe('what cannot be read', () => {
  it.each([
    ['nothing', '', 'NotJson'],
    ['text', 'hello', 'NotJson'],
    ['half an object', '{"topic":"a"', 'NotJson'],
    ['JSON after a byte order mark', '\ufeff{"topic":"a"}', 'NotJson'],
    ['null', 'null', 'NotAnObject'],
    ['a list', '[]', 'NotAnObject'],
    ['a string', '"x"', 'NotAnObject'],
    ['a number', '12', 'NotAnObject'],
    ['no topic', '{"id":"a"}', 'NoTopic'],
    ['an empty topic', '{"topic":""}', 'NoTopic'],
    ['a topic that is no text', '{"topic":["ping"]}', 'NoTopic'],
    ['a topic of 2049 characters', JSON.stringify({ topic: 'x'.repeat(2049) }), 'NoTopic'],
    ['a topic in the prototype only', '{"__proto__":{"topic":"ping"}}', 'NoTopic'],
  ])('%s', (_name, text, reason) => {
    expect(readNotification(bytes(text))).toEqual({ kind: 'unreadable', reason });
  });

  it('bytes that are no UTF-8 and no JSON', () => {
    expect(readNotification(Buffer.from([0xff, 0xfe, 0x00]))).toEqual({ kind: 'unreadable', reason: 'NotJson' });
  });
});

it('reads what every notification has', () => {
  expect(readNotification(bytes(BASE))).toEqual({
    kind: 'notification',
    notification: {
      id: 'notif_1',
      appId: 'abc12345',
      topic: 'conversation.user.replied',
      createdAt: 1_700_000_000,
      deliveryAttempts: 1,
      key: { kind: 'conversation', id: '42' },
      contactIds: [],
      conversationIds: ['42'],
    },
  });
});

it('tells a ping by its topic, whatever else it holds', () => {
  expect(readNotification(bytes({ topic: 'ping', id: null, data: null }))).toEqual({ kind: 'ping' });
  expect(readNotification(bytes({ topic: 'ping', id: 'notif_1' }))).toEqual({ kind: 'ping' });
});

it.each([null, undefined, '', {}, [], 1.5, 'x'.repeat(10_000)])('makes an id of the bytes when it is %j', (id) => {
  const body = bytes({ ...BASE, id });
  const reading = readNotification(body);
  const digest = `sha256-${createHash('sha256').update(body).digest('hex')}`;
  expect(reading).toMatchObject({ kind: 'notification', notification: { id: digest } });
});

it('takes a number for an id', () => expect(read({ id: 7 }).id).toBe('7'));

it('tells the same id of two workspaces apart', () => {
  expect(dedupId(read({}))).toBe('abc12345:notif_1');
  expect(dedupId(read({ app_id: 'other' }))).not.toBe(dedupId(read({})));
});

it.each([undefined, null, '1700000000', -1, 1.5, 1e12, Number.MAX_SAFE_INTEGER])('knows no time from %j', (time) => {
  expect(read({ created_at: time }).createdAt).toBeNull();
});

it('takes a missing or odd count of attempts for the first', () => {
  expect(read({ delivery_attempts: undefined }).deliveryAttempts).toBe(1);
  expect(read({ delivery_attempts: '2' }).deliveryAttempts).toBe(1);
  expect(read({ delivery_attempts: 2 }).deliveryAttempts).toBe(2);
});

describe('the people and conversations mentioned', () => {
  it('are found wherever they stand', () => {
    const item = {
      type: 'conversation',
      id: 'cv1',
      contacts: { type: 'contact.list', contacts: [{ type: 'contact', id: 'ct1' }] },
      source: { author: { type: 'lead', id: 'ct2' }, delivered_as: 'customer_initiated' },
      conversation_parts: {
        conversation_parts: [
          { type: 'conversation_part', id: 'p1', author: { type: 'user', id: 'ct3' } },
          { type: 'conversation_part', id: 'p2', author: { type: 'admin', id: 'not-a-contact' } },
        ],
      },
      linked: [{ contact_id: 'ct4' }, { conversation_id: 'cv2' }, { intercom_user_id: 'ct5' }],
    };
    const found = read({ data: { item } });
    expect(found.contactIds.toSorted()).toEqual(['ct1', 'ct2', 'ct3', 'ct4', 'ct5']);
    expect(found.conversationIds.toSorted()).toEqual(['cv1', 'cv2']);
  });

  it('are found in wrappers without a type', () => {
    const found = read({ data: { item: { conversation: { id: 'cv1' }, contact: { id: 'ct1' } } } });
    expect(found.contactIds).toEqual(['ct1']);
    expect(found.conversationIds).toEqual(['cv1']);
  });

  it('are 32 of each at most', () => {
    const contacts = Array.from({ length: 100 }, (_, i) => ({ type: 'contact', id: `ct${i}` }));
    expect(read({ data: { item: { contacts } } }).contactIds).toHaveLength(32);
  });

  it('are no longer than ids are', () => {
    const contacts = ['x'.repeat(64), 'y'.repeat(65)].map((id) => ({ type: 'contact', id }));
    expect(read({ data: { item: { contacts } } }).contactIds).toEqual(['x'.repeat(64)]);
  });

  it('are not searched for without end', () => {
    const padding = Array.from({ length: 10_000 }, () => ({}));
    const found = read({ data: { item: { padding, late: [{ type: 'contact', id: 'beyond 5000 values' }] } } });
    expect(found.contactIds).toEqual([]);
  });

  it('are searched for in any depth without a stack overflow', () => {
    const depth = 10_000;
    const deep = `${'{"a":'.repeat(depth)}{"type":"contact","id":"deep"}${'}'.repeat(depth)}`;
    const body = bytes(`{"topic":"t","id":"i","data":{"item":{"type":"conversation","id":"1","deep":${deep}}}}`);
    expect(readNotification(body)).toMatchObject({ kind: 'notification', notification: { contactIds: [] } });
  });
});

it('reads any JSON and any bytes without throwing', () => {
  const kinds = ['notification', 'ping', 'unreadable'];
  const any = fc.oneof(
    fc.jsonValue().map((value) => bytes(JSON.stringify(value))),
    fc.record({ topic: fc.string(), id: fc.jsonValue(), data: fc.jsonValue() }).map((value) => bytes(value)),
    fc.uint8Array().map((array) => Buffer.from(array)),
  );
  fc.assert(
    fc.property(any, (body) => {
      expect(kinds).toContain(readNotification(body).kind);
    }),
  );
});
