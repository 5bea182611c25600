import { deleted } from './deletion.ts';
import type { Item, Scene } from './scene.ts';
import { offsetTime } from './time.ts';

/** A contact that signed up. */
export function userContact(scene: Scene): Item {
  return contact(scene, 'user');
}

/** A visitor who left a message and has no account. */
export function leadContact(scene: Scene): Item {
  return contact(scene, 'lead');
}

/** A contact whose address is new: not empty, whoever they are. */
export function contactWithNewEmail(scene: Scene): Item {
  return contact(scene, 'user', { email: newEmail(scene) });
}

export function leadWithNewEmail(scene: Scene): Item {
  return contact(scene, 'lead', { email: newEmail(scene) });
}

/** The surviving contact. Intercom documents `merged_from`; the one public capture lacks it. */
export function mergedContact(scene: Scene): Item {
  return contact(scene, 'user', { merged_from: { type: 'contact', id: scene.random.hex(24) } });
}

/** The contact beside a conversation, company or ticket it was attached to. */
export function attachedContact(scene: Scene): Item {
  return contact(scene, 'user', { formatted_phone: null });
}

export function contactDeleted({ cast }: Scene): Item {
  return { ...deleted('contact', cast.contactId), external_id: cast.externalId };
}

export function contactArchived({ cast }: Scene): Item {
  return { type: 'contact', id: cast.contactId, external_id: cast.externalId, archived: true };
}

const newEmail = ({ cast }: Scene): string => `new.${cast.contactId.slice(0, 6)}@example.com`;

/** Webhooks carry a contact's times as ISO 8601, unlike the REST API. `custom_attributes.updates` is the sequence. */
function contact(scene: Scene, role: 'user' | 'lead', fields: Item = {}): Item {
  const { random, cast, appId, openedAtS, atS, sequence } = scene;
  return {
    type: 'contact',
    id: cast.contactId,
    workspace_id: appId,
    external_id: cast.externalId,
    role,
    email: cast.email,
    phone: random.oneIn(3) ? '+353 1 555 0100' : null,
    name: cast.name,
    avatar: null,
    owner_id: null,
    social_profiles: { type: 'list', data: [] },
    has_hard_bounced: false,
    marked_email_as_spam: false,
    unsubscribed_from_emails: random.oneIn(8),
    created_at: offsetTime(openedAtS),
    updated_at: offsetTime(atS),
    signed_up_at: role === 'user' ? offsetTime(openedAtS) : null,
    last_seen_at: offsetTime(atS),
    last_replied_at: null,
    last_contacted_at: null,
    last_email_opened_at: null,
    last_email_clicked_at: null,
    language_override: null,
    browser: 'firefox',
    browser_version: '140.0',
    browser_language: 'en',
    os: 'Linux',
    location: {
      type: 'location',
      country: null,
      region: null,
      city: cast.city,
      country_code: null,
      continent_code: null,
    },
    ...mobile('android'),
    ...mobile('ios'),
    custom_attributes: { updates: sequence, plan: random.pick(['free', 'pro', 'größer']) },
    tags: related(cast.contactId, 'tags'),
    notes: related(cast.contactId, 'notes'),
    companies: related(cast.contactId, 'companies'),
    opted_out_subscription_types: related(cast.contactId, 'subscriptions'),
    opted_in_subscription_types: related(cast.contactId, 'subscriptions'),
    utm_campaign: null,
    utm_content: null,
    utm_medium: null,
    utm_source: null,
    utm_term: null,
    referrer: null,
    sms_consent: false,
    unsubscribed_from_sms: false,
    enabled_push_messaging: null,
    ...fields,
  };
}

function mobile(system: 'android' | 'ios'): Item {
  const fields = ['app_name', 'app_version', 'device', 'os_version', 'sdk_version', 'last_seen_at'];
  return Object.fromEntries(fields.map((field) => [`${system}_${field}`, null]));
}

function related(contactId: string, what: string): Item {
  return { type: 'list', data: [], url: `/contacts/${contactId}/${what}`, total_count: 0, has_more: false };
}
