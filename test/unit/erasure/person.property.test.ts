import { headers } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbout, type Person } from '#operator/erasure/person.ts';
import { seal } from '#shared/envelope.ts';
import type { Notification } from '#shared/notification.ts';

/** Ids that are alike: parts of each other, with what separates and escapes, and outside ASCII. */
const ids = fc.constantFrom(
  '1',
  '11',
  '1,1',
  '1 1',
  '1%201',
  '\\u0031',
  'contact/1',
  'größe',
  'grö',
  '😀',
  '\u{d83d}',
  '',
);
const lists = fc.uniqueArray(ids.filter((id) => id !== ''));
const kinds = fc.constantFrom('contact', 'conversation', 'ticket', 'notification');

const notifications: fc.Arbitrary<Notification> = fc.record({
  id: fc.constant('n1'),
  appId: fc.constantFrom('', 'app-1', 'app-2'),
  topic: fc.constant('conversation.user.replied'),
  createdAt: fc.constant(null),
  deliveryAttempts: fc.constant(1),
  key: fc.record({ kind: kinds, id: ids }),
  contactIds: lists,
  conversationIds: lists,
});

const people: fc.Arbitrary<Person> = fc.record({
  workspace: fc.constantFrom(null, 'app-1', 'app-2'),
  contacts: lists.map((list) => new Set(list)),
  conversations: lists.map((list) => new Set(list)),
});

const isNamed = ({ appId, key, contactIds, conversationIds }: Notification, person: Person): boolean =>
  (person.workspace === null || appId === '' || appId === person.workspace) &&
  ([...person.contacts].some((id) => contactIds.includes(id) || (key.kind === 'contact' && key.id === id)) ||
    [...person.conversations].some(
      (id) => conversationIds.includes(id) || (key.kind === 'conversation' && key.id === id),
    ));

it('finds who is named, whole id for whole id, and nobody else', () => {
  fc.assert(
    fc.property(notifications, people, (notification, person) => {
      const { headers: sealed } = seal('w', notification, 0);
      expect(isAbout(sealed, person)).toBe(isNamed(notification, person));
    }),
    { numRuns: 5_000 },
  );
});

describe('headers that no release of ours has written', () => {
  it('name nobody', () => {
    const everybody: Person = { workspace: null, contacts: new Set(['', '1']), conversations: new Set(['', '1']) };
    expect(isAbout(headers(), everybody)).toBe(false);
    const foreign = headers();
    foreign.set('Icw-Key', '1');
    expect(isAbout(foreign, everybody)).toBe(false);
  });
});
