import { leadContact, userContact } from './contact.ts';
import { TAG } from './list.ts';
import type { Build, Item, Scene } from './scene.ts';

/** A user was given a tag, or had one taken. Intercom documents a `created_at`; captures lack it. */
export function userTag(scene: Scene): Item {
  return { type: 'contact_tag', tag: TAG, contact: userContact(scene) };
}

export function leadTag(scene: Scene): Item {
  return { type: 'contact_tag', tag: TAG, contact: leadContact(scene) };
}

/** Consent to, or refusal of, every kind of e-mail: the list of kinds is empty. */
export const consent =
  (type: 'contact_subscribe' | 'contact_unsubscribe'): Build =>
  (scene) => ({
    type,
    contact: userContact(scene),
    subscription_types: { type: 'list', data: [] },
    created_at: scene.atS,
  });

/** Consent to, or refusal of, one kind of e-mail. */
export const granularConsent =
  (type: 'granular_subscribe' | 'granular_unsubscribe'): Build =>
  (scene) => ({
    type,
    contact: userContact(scene),
    subscription_types: { type: 'list', data: [announcements] },
    created_at: scene.atS,
  });

const announcement = { name: 'Announcements', description: 'What is new, and what’s cheaper', locale: 'en' };

const announcements: Item = {
  type: 'subscription',
  id: '1943066',
  state: 'live',
  consent_type: 'opt_in',
  default_translation: announcement,
  translations: [announcement],
  content_types: ['email'],
};

/** Something a contact did, as your own systems reported it. It names the contact by ids, and tells its own time. */
export function event({ random, cast, openedAtS }: Scene): Item {
  return {
    type: 'event',
    event_name: 'invited-friend',
    id: random.uuid(),
    intercom_user_id: cast.contactId,
    user_id: cast.externalId,
    email: cast.email,
    metadata: { invite_code: 'ÄÖÜ-42', order: { value: '4211', url: 'https://shop.example.com/orders/4211' } },
    created_at: openedAtS,
    ext_metadata: {},
  };
}
