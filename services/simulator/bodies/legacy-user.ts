import { tagList } from './list.ts';
import type { Item, Scene } from './scene.ts';
import { offsetTime } from './time.ts';

/** A visitor who became a user, in the shape that contacts had before they were contacts. */
export function legacyUser({ cast, appId, openedAtS, atS }: Scene): Item {
  return {
    type: 'user',
    id: cast.contactId,
    user_id: cast.externalId,
    anonymous: false,
    email: cast.email,
    phone: null,
    name: cast.name,
    pseudonym: null,
    avatar: { type: 'avatar', image_url: null },
    app_id: appId,
    companies: { type: 'company.list', companies: [] },
    location_data: { type: 'location_data', city_name: cast.city, country_name: null, country_code: null },
    last_request_at: offsetTime(atS),
    created_at: offsetTime(openedAtS),
    remote_created_at: offsetTime(atS),
    signed_up_at: offsetTime(atS),
    updated_at: offsetTime(atS),
    session_count: 1,
    social_profiles: { type: 'social_profile.list', social_profiles: [] },
    owner_id: null,
    unsubscribed_from_emails: false,
    marked_email_as_spam: false,
    has_hard_bounced: false,
    tags: tagList(),
    segments: { type: 'segment.list', segments: [] },
    custom_attributes: {},
    referrer: 'https://shop.example.com/',
    utm_campaign: null,
    utm_content: null,
    utm_medium: null,
    utm_source: null,
    utm_term: null,
    do_not_track: null,
    last_seen_ip: null,
    user_agent_data: null,
  };
}
