import { HTTP } from 'cloudevents';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallFacts, callHeaders, percentEncode } from '#services/worker/cloud-event.ts';
import type { Stored } from '#shared/envelope.ts';

const STORED: Stored = {
  topic: 'conversation.user.replied',
  id: 'notif_1',
  appId: 'abc12345',
  key: 'conversation/215470000000001',
  createdAt: 1_700_000_000,
  receivedAtMs: 1_700_000_001_234,
  redrive: '',
};
const FACTS: CallFacts = {
  handler: 'support',
  regions: { abc12345: 'EU' },
  deliveryAttempt: 1,
  isStale: false,
  spanId: '00f067aa0ba902b7',
};

/** The official SDK's reading of a call; it leaves percent-encoding to its caller. */
function read(stored: Stored, body = '{}') {
  const event = HTTP.toEvent({ headers: callHeaders(stored, FACTS), body });
  if (Array.isArray(event)) throw new Error('one event was sent');
  const { id, type, source, subject, time, data } = event;
  return {
    id: decodeURIComponent(id),
    type: decodeURIComponent(type),
    subject: decodeURIComponent(subject ?? ''),
    source,
    time,
    data,
  };
}

describe('a call, as the CloudEvents SDK reads it', () => {
  it('says what the notification says', () => {
    expect(read(STORED, '{"topic":"conversation.user.replied"}')).toEqual({
      id: 'notif_1',
      type: 'com.intercom.conversation.user.replied',
      source: '//intercom/eu/abc12345',
      subject: 'conversation/215470000000001',
      time: '2023-11-14T22:13:20.000Z',
      data: { topic: 'conversation.user.replied' },
    });
  });

  it.each(['two words', 'größe', '会話', '😀', 'a "quoted" one', '100%', '%41', 'a\r\nx-evil: 1', "it's", '\u0000'])(
    'keeps the text %j whole in topic, id and subject',
    (text) => {
      const event = read({ ...STORED, topic: text, id: text, key: `contact/${text}` });
      expect(event).toMatchObject({ type: `com.intercom.${text}`, id: text, subject: `contact/${text}` });
    },
  );

  it('has the header of a late one where something newer was handled before, and only there', () => {
    const stale = 'x-intercom-stale';
    expect(callHeaders(STORED, { ...FACTS, isStale: true })).toMatchObject({ [stale]: 'true' });
    expect(callHeaders(STORED, FACTS)).not.toHaveProperty(stale);
  });

  it('keeps any well-formed text whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        expect(read({ ...STORED, id: text }).id).toBe(text);
      }),
    );
  });

  it('is valid for a workspace that nobody knows, and for none', () => {
    expect(read({ ...STORED, appId: 'zzz' }).source).toBe('//intercom/unknown/zzz');
    expect(read({ ...STORED, appId: '' }).source).toBe('//intercom/unknown/');
    expect(read({ ...STORED, appId: 'a b/ü' }).source).toBe('//intercom/unknown/a%20b%2F%C3%BC');
  });

  it('has the time of receipt where Intercom gave none', () => {
    expect(read({ ...STORED, createdAt: null }).time).toBe('2023-11-14T22:13:21.234Z');
    expect(read({ ...STORED, createdAt: 253_402_300_799 }).time).toBe('9999-12-31T23:59:59.000Z');
  });
});

it('has header values that HTTP allows, whatever Intercom sends', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(text, text, text, text, (topic, id, appId, key) => {
      const headers = callHeaders({ ...STORED, topic, id, appId, key }, FACTS);
      for (const value of Object.values(headers)) expect(value).toMatch(/^[!-~]+$/);
    }),
  );
});

it('is written as the CloudEvents HTTP binding says: section 3.1.3.2', () => {
  expect(percentEncode('Euro € 😀')).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80');
  expect(percentEncode('"%"')).toBe('%22%25%22');
  expect(percentEncode('plain/text_~!')).toBe('plain/text_~!');
  expect(percentEncode('half \ud83d')).toBe('half%20%EF%BF%BD');
});

describe('our own headers', () => {
  it('tell repeated calls of one notification, and calls of two handlers, apart', () => {
    const first = callHeaders(STORED, FACTS);
    const second = callHeaders(STORED, { ...FACTS, deliveryAttempt: 2 });
    const other = callHeaders(STORED, { ...FACTS, handler: 'audit' });
    expect(first['idempotency-key']).toBe('abc12345:notif_1:support');
    expect(second['idempotency-key']).toBe(first['idempotency-key']);
    expect(other['idempotency-key']).toBe('abc12345:notif_1:audit');
    expect([first['x-delivery-attempt'], second['x-delivery-attempt']]).toEqual(['1', '2']);
  });

  it('put all calls of one notification into one trace', () => {
    const traceparent = callHeaders(STORED, FACTS)['traceparent'];
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-00f067aa0ba902b7-00$/);
    const later = callHeaders(STORED, { ...FACTS, spanId: 'ffffffffffffffff' })['traceparent'];
    expect(later?.slice(0, 35)).toBe(traceparent?.slice(0, 35));
    expect(callHeaders({ ...STORED, id: 'notif_2' }, FACTS)['traceparent']).not.toBe(traceparent);
  });
});
