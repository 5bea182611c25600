import { type Item, isoTime, type Scene } from './scene.ts';

/** A contact that signed up. */
export function userContact(scene: Scene): Item {
  return contact(scene, 'user');
}

/** A visitor who left a message and has no account. */
export function leadContact(scene: Scene): Item {
  return contact(scene, 'lead');
}

/** Webhooks carry a contact's times as ISO 8601, unlike the REST API. `custom_attributes.updates` is the sequence. */
function contact({ random, cast, appId, openedAtS, atS, sequence }: Scene, role: 'user' | 'lead'): Item {
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
    created_at: contactTime(openedAtS),
    updated_at: contactTime(atS),
    signed_up_at: role === 'user' ? contactTime(openedAtS) : null,
    last_seen_at: contactTime(atS),
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
  };
}

function mobile(system: 'android' | 'ios'): Item {
  const fields = ['app_name', 'app_version', 'device', 'os_version', 'sdk_version', 'last_seen_at'];
  return Object.fromEntries(fields.map((field) => [`${system}_${field}`, null]));
}

function related(contactId: string, what: string): Item {
  return { type: 'list', data: [], url: `/contacts/${contactId}/${what}`, total_count: 0, has_more: false };
}

/** A contact's times are written with an offset, not with `Z`. */
function contactTime(atS: number): string {
  return isoTime(atS).replace('Z', '+00:00');
}
