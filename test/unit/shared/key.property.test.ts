import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, keyText, slotOf } from '#shared/key.ts';
import { items, texts } from './arbitrary-bodies.ts';

const ids = texts.filter((text) => text !== '' && text.length <= 256);
const OWN = 'notif_1';

describe('the key of any item', () => {
  it('is bounded, in one of 64 slots, and the same after a way through JSON', () => {
    fc.assert(
      fc.property(items, (item) => {
        const key = keyOf(item, OWN);
        expect(key.kind).toMatch(/^[a-z][a-z0-9_.]{0,63}$/);
        expect(key.id.length > 0 && key.id.length <= 256).toBe(true);
        expect(slotOf(key)).toMatch(/^(?:[0-5]\d|6[0-3])$/);
        expect(keyOf(JSON.parse(JSON.stringify(item)), OWN)).toEqual(key);
      }),
      { numRuns: 500 },
    );
  });

  it('does not change with what else the item holds', () => {
    const others = fc.dictionary(
      texts.map((name) => `x_${name}`),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 5 },
    );
    fc.assert(
      fc.property(items, others, (item, extra) => {
        expect(keyOf({ ...extra, ...item }, OWN)).toEqual(keyOf(item, OWN));
      }),
    );
  });
});

describe('a conversation', () => {
  it('has one key in all that is said about it', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const shapes = [
          { type: 'conversation', id },
          { type: 'conversation_part', id: 'part', conversation_id: id },
          { conversation: { type: 'conversation', id }, contact: { id: 'contact' } },
          { conversation: { parts: [], options: {}, model: { id } } },
          { conversation_id: id },
        ];
        const keys = shapes.map((shape) => keyText(keyOf(shape, OWN)));
        expect(new Set(keys)).toEqual(new Set([`conversation/${id}`]));
      }),
    );
  });

  it('has another key than another, and than a contact of the same id', () => {
    fc.assert(
      fc.property(ids, ids, (id, other) => {
        fc.pre(id !== other);
        const key = keyText(keyOf({ type: 'conversation', id }, OWN));
        expect(keyText(keyOf({ type: 'conversation', id: other }, OWN))).not.toBe(key);
        expect(keyText(keyOf({ type: 'contact', id }, OWN))).not.toBe(key);
      }),
    );
  });
});

it('is that of the notification itself where the item has no usable id', () => {
  const unusable = fc.oneof(
    fc.constantFrom<unknown>('', null, {}, [], true, 1.5, 2 ** 60, undefined),
    fc.string({ minLength: 257, maxLength: 300 }),
  );
  const types = fc.constantFrom('conversation', 'contact', 'ticket', 'event', 'company', 'note', '', 'No Type');
  fc.assert(
    fc.property(types, unusable, (type, id) => {
      expect(keyOf({ type, id, contact: { id }, conversation_id: id }, OWN)).toEqual({ kind: 'notification', id: OWN });
    }),
  );
});
