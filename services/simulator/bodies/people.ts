import type { Cast, Item, Scene } from './scene.ts';

/** The teammate of this workspace. */
export const ADMIN = {
  id: '9608799',
  type: 'admin',
  name: 'Morgan Reyes',
  email: 'morgan.reyes@example.com',
} as const;

/** What answers when nobody does. */
export const BOT = { id: '9608808', type: 'bot', name: 'Fin', email: 'operator@example.com' } as const;

export const TEAM = { type: 'team', id: '9680998' } as const;

/** How one refers to the teammate without describing them. */
export const adminReference = { type: 'admin', id: ADMIN.id } as const;

/** The customer as the author of something. */
export function customer({ cast }: Scene): Item {
  return { id: cast.contactId, type: 'user', name: cast.name, email: cast.email };
}

/** The people of a conversation or ticket, by id only. */
export function contactList({ contactId, externalId }: Cast): Item {
  return { type: 'contact.list', contacts: [{ type: 'contact', id: contactId, external_id: externalId }] };
}
