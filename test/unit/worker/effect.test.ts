import { describe, expect, it } from 'vitest';
import { decodeEffect, type Effect, encodeEffect, idsIn } from '#services/worker/effect.ts';
import { isEventName } from '#services/worker/event-name.ts';

const CLOSE: Effect = { type: 'close', admin_id: '7', conversation_id: '2001' };
const EVENT: Effect = { type: 'data-event', event_name: 'updated-plan', created_at: 5, user_id: 'u-1' };

describe('a stored effect', () => {
  it.each([CLOSE, EVENT])('comes back as it was: $type', (effect) => {
    expect(decodeEffect(encodeEffect(effect))).toEqual(effect);
  });

  it('is read by the release that wrote it and later ones', () => {
    expect(encodeEffect(CLOSE)).toBe('{"v":1,"effect":{"type":"close","admin_id":"7","conversation_id":"2001"}}');
  });

  it.each([
    ['a newer version', '{"v":2,"effect":{}}', 'format version 2'],
    ['something else', '{"v":1,"effect":{"type":"close"}}', 'admin_id'],
    ['one that nobody completed', '{"v":1,"effect":{"type":"close","admin_id":"7"}}', 'lacks conversation_id'],
  ])('is refused where it is %s', (_name, text, message) => {
    expect(() => decodeEffect(text)).toThrow(message);
  });

  it('names whom it is about', () => {
    expect(idsIn(CLOSE)).toEqual({ contacts: [], conversations: ['2001'] });
    expect(idsIn(EVENT)).toEqual({ contacts: ['u-1'], conversations: [] });
  });
});

describe('the name of an event', () => {
  it.each(['invited-friend', 'updated-plan', 'sent-invoice-2', 'bought-seat'])('may be %s', (name) => {
    expect(isEventName(name)).toBe(true);
  });

  it.each([
    '',
    'invited',
    'invite-friend',
    'red-car',
    'Invited-Friend',
    'invited friend',
    'invited-',
    'plan-updated',
    '-ed-x',
  ])('may not be %j', (name) => {
    expect(isEventName(name)).toBe(false);
  });
});
