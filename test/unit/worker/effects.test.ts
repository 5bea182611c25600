import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '#services/worker/delivery.ts';
import type { About } from '#services/worker/effect.ts';
import { MAX_EFFECTS, type ReadEffects, readEffects } from '#services/worker/effects.ts';

const CONVERSATION: About = { key: 'conversation/2001', createdAt: 1_700_000_000, receivedAtMs: 1_700_000_005_000 };
const CONTACT: About = { ...CONVERSATION, key: 'contact/5f1e' };

const answer = (body: string | Buffer, contentType = 'application/json', isCut = false): Answer => ({
  contentType,
  body: Buffer.from(body),
  isCut,
});
const read = (effects: unknown, about = CONVERSATION): ReadEffects =>
  readEffects(answer(JSON.stringify({ effects })), about);
const NOTHING: ReadEffects = { kind: 'effects', effects: [] };

describe('an answer that asks for nothing', () => {
  it.each([
    ['none', null],
    ['text that is not JSON', answer('ok', 'text/plain')],
    ['text that says it is HTML', answer('<p>{"effects": 1}</p>', 'text/html; charset=utf-8')],
    ['one without a content type', answer('{"effects": 1}', '')],
    ['a content type that only ends like JSON', answer('not', 'text/x-application/json')],
    ['a cut one of another type', answer('x', 'text/plain', true)],
    ['empty JSON, as frameworks send it', answer(' \n')],
    ['a JSON text', answer('"ok"')],
    ['JSON null', answer('null')],
    ['a JSON list', answer('[{"type": "close"}]')],
    ['JSON about something else', answer('{"status": "ok", "effect": [1]}')],
    ['a list that is null, as Go writes an empty one', answer('{"effects": null}')],
    ['an empty list', answer('{"effects": []}')],
  ])('may be %s', (_name, given) => {
    expect(readEffects(given, CONVERSATION)).toEqual(NOTHING);
  });
});

describe('an answer that cannot be read', () => {
  it.each([
    ['JSON that is none', answer('ok'), 'says that it is JSON, and is not'],
    ['JSON of a type built on it', answer('ok', 'application/problem+json'), 'says that it is JSON, and is not'],
    ['JSON that is not UTF-8', answer(Buffer.from([0x22, 0xff, 0x22])), 'says that it is JSON, and is not'],
    [
      'JSON that is too large',
      answer('{"effects": [', 'Application/JSON ; charset=utf-8', true),
      'is larger than 64 KiB',
    ],
  ])('is bad: %s', (_name, given, problem) => {
    expect(readEffects(given, CONVERSATION)).toEqual({ kind: 'bad', field: 'answer', problem });
  });
});

describe('an effect on a conversation', () => {
  it.each([
    { type: 'reply', admin_id: '7', body: '<p>Hi</p>', attachment_urls: ['https://example.com/a.png'] },
    { type: 'note', admin_id: '7', body: 'seen before' },
    { type: 'tag', admin_id: '7', tag_id: '88' },
    { type: 'assign', admin_id: '7', assignee_type: 'team', assignee_id: '0' },
    { type: 'close', admin_id: '7' },
  ])('is about that of the notification: $type', (asked) => {
    expect(read([asked])).toEqual({ kind: 'effects', effects: [{ ...asked, conversation_id: '2001' }] });
  });

  it('is about the one it names, which may be another', () => {
    const asked = { type: 'close', admin_id: '7', conversation_id: '9' };
    expect(read([asked])).toEqual({ kind: 'effects', effects: [asked] });
  });

  it('takes ids as numbers, as notifications have some of them', () => {
    expect(read([{ type: 'close', admin_id: 7, conversation_id: 9 }])).toEqual({
      kind: 'effects',
      effects: [{ type: 'close', admin_id: '7', conversation_id: '9' }],
    });
  });

  it.each(['contact/5f1e', 'ticket/1', 'notification/n', 'conversation/last', 'conversation/a b', 'conversation/'])(
    'has to name one where the notification is about %s',
    (key) => {
      const problem = 'is needed: the notification is not about a conversation';
      const asked = [
        { type: 'close', admin_id: '7', conversation_id: '1' },
        { type: 'close', admin_id: '7' },
      ];
      expect(read(asked, { ...CONVERSATION, key })).toEqual({
        kind: 'bad',
        field: 'effects[1].conversation_id',
        problem,
      });
    },
  );
});

describe('a data event', () => {
  it('is about the contact of the notification, at its time', () => {
    expect(read([{ type: 'data-event', event_name: 'invited-friend' }], CONTACT)).toEqual({
      kind: 'effects',
      effects: [{ type: 'data-event', event_name: 'invited-friend', contact_id: '5f1e', created_at: 1_700_000_000 }],
    });
  });

  it('is of the time of receipt where the notification has none, so that it stays the same', () => {
    const about = { ...CONTACT, createdAt: null };
    expect(read([{ type: 'data-event', event_name: 'sent-invoice' }], about)).toMatchObject({
      effects: [{ created_at: 1_700_000_005 }],
    });
  });

  it('takes every kind of metadata that Intercom documents', () => {
    const metadata = {
      plan: 'pro',
      seats: 3,
      renewal_date: 1_800_000_000,
      invoice: { url: 'https://example.com/i/1', value: 'Invoice 1' },
      price: { amount: 34_999, currency: 'eur' },
    };
    const asked = { type: 'data-event', event_name: 'updated-plan', created_at: 5, user_id: 'u 1', metadata };
    expect(read([asked])).toEqual({ kind: 'effects', effects: [asked] });
  });
});

const EVENT = { type: 'data-event', event_name: 'updated-plan', contact_id: '1' };
const CLOSE = { type: 'close', admin_id: '7' };
const NOTE = { type: 'note', admin_id: '7', body: 'n' };

describe('a bad effect', () => {
  it.each<[string, unknown, string]>([
    ['no list', { type: 'close' }, 'effects'],
    ['too many', Array.from({ length: MAX_EFFECTS + 1 }, () => CLOSE), 'effects'],
    ['no object', ['close'], 'effects[0]'],
    ['an unknown type', [CLOSE, { type: 'snooze' }], 'effects[1].type'],
    ['no type', [{}], 'effects[0].type'],
    ['an unknown field', [{ ...CLOSE, until: 1 }], 'effects[0].until'],
    ['no admin', [{ type: 'close' }], 'effects[0].admin_id'],
    ['an id with a path in it', [{ ...CLOSE, conversation_id: '1/parts' }], 'effects[0].conversation_id'],
    ['the last conversation, whichever that is', [{ ...CLOSE, conversation_id: 'last' }], 'effects[0].conversation_id'],
    ['an id that is a fraction', [{ ...CLOSE, admin_id: 1.5 }], 'effects[0].admin_id'],
    ['an empty body', [NOTE, NOTE, { ...NOTE, body: '' }], 'effects[2].body'],
    ['a long body', [{ ...NOTE, body: 'x'.repeat(32_769) }], 'effects[0].body'],
    ['a file as attachment', [{ ...NOTE, attachment_urls: ['file:///etc/passwd'] }], 'effects[0].attachment_urls[0]'],
    [
      'many attachments',
      [{ ...NOTE, attachment_urls: Array.from({ length: 11 }, () => 'https://example.com') }],
      'effects[0].attachment_urls',
    ],
    [
      'an assignee that is neither',
      [{ ...CLOSE, type: 'assign', assignee_type: 'bot', assignee_id: '1' }],
      'effects[0].assignee_type',
    ],
    ['an event in the present', [{ ...EVENT, event_name: 'update-plan' }], 'effects[0].event_name'],
    ['an event with a title', [{ ...EVENT, event_name: 'Updated Plan' }], 'effects[0].event_name'],
    ['a time in milliseconds', [{ ...EVENT, created_at: 1_700_000_000_000 }], 'effects[0].created_at'],
    ['two contacts', [{ ...EVENT, user_id: 'u' }], 'effects[0].user_id'],
    ['no contact', [{ type: 'data-event', event_name: 'updated-plan' }], 'effects[0].contact_id'],
    ['nested metadata', [{ ...EVENT, metadata: { plan: { name: 'pro' } } }], 'effects[0].metadata.plan'],
    ['long metadata', [{ ...EVENT, metadata: { plan: 'x'.repeat(256) } }], 'effects[0].metadata.plan'],
    [
      'metadata under a key that says something',
      [{ ...EVENT, metadata: { 'anna@example.com': [] } }],
      'effects[0].metadata.?',
    ],
    [
      'much metadata',
      [{ ...EVENT, metadata: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, i])) }],
      'effects[0].metadata',
    ],
  ])('is named by its field: %s', (_name, effects, field) => {
    expect(read(effects)).toMatchObject({ kind: 'bad', field, problem: expect.stringMatching(/^[^\n]{5,150}$/) });
  });

  it('takes the good ones with it', () => {
    expect(read([NOTE, CLOSE, { ...NOTE, body: 3 }])).toMatchObject({ kind: 'bad' });
  });
});

describe('whatever a handler answers', () => {
  const SECRET = 'Zx9qPersonal';
  /** Near enough to an effect that every rule is met now and then. */
  const value = fc.oneof(
    fc.constantFrom<unknown>(SECRET, 1, -1.5, null, true, '', 'reply', 'admin', `${SECRET} ${SECRET}`),
    fc.string({ maxLength: 3 }),
    fc.dictionary(fc.constantFrom('url', 'value', 'amount', `${SECRET}-@`), fc.constantFrom<unknown>(SECRET, 5)),
  );
  const field = fc.constantFrom(
    'type',
    'admin_id',
    'body',
    'metadata',
    'created_at',
    'contact_id',
    `${SECRET}@`,
    '__proto__',
  );
  const effect = fc.record({
    base: fc.constantFrom<object>(NOTE, CLOSE, EVENT, {}),
    changes: fc.dictionary(field, value, { maxKeys: 3 }),
  });
  const effects = fc.array(
    effect.map(({ base, changes }) => ({ ...base, ...changes })),
    { maxLength: 4 },
  );

  it('is read without a throw, and no value of it gets into what is said about it', () => {
    fc.assert(
      fc.property(fc.oneof(effects, fc.jsonValue()), (given) => {
        const result = read(given);
        if (result.kind === 'bad') expect(`${result.field} ${result.problem}`).not.toContain(SECRET);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read without a throw, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(['effects', 'bad']).toContain(readEffects(answer(Buffer.from(bytes)), CONVERSATION).kind);
      }),
    );
  });
});
