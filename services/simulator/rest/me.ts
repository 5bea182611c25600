import { ADMIN } from '../bodies/people.ts';
import type { Item } from '../bodies/scene.ts';

/** `GET /me`: the teammate whose token it is, and the workspace; `app.id_code` is the `app_id` of its notifications. */
export function me(appId: string): Item {
  return {
    type: 'admin',
    id: ADMIN.id,
    email: ADMIN.email,
    name: ADMIN.name,
    email_verified: true,
    app: {
      type: 'app',
      id_code: appId,
      name: 'Simulated workspace',
      created_at: 1_734_537_243,
      secure: false,
      identity_verification: false,
      timezone: 'Europe/Dublin',
      region: 'US',
    },
    avatar: { type: 'avatar', image_url: null },
    has_inbox_seat: true,
  };
}
