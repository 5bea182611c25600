import { ADMIN, TEAM } from './people.ts';
import type { Item, Scene } from './scene.ts';

/** A teammate who is there. The id is a number. */
export function admin(scene: Scene): Item {
  return adminWho(scene, false);
}

export function adminAway(scene: Scene): Item {
  return adminWho(scene, true);
}

function adminWho({ cast }: Scene, isAway: boolean): Item {
  return {
    type: 'admin',
    id: Number(cast.thingId),
    name: cast.name ?? ADMIN.name,
    email: ADMIN.email,
    job_title: null,
    away_mode_enabled: isAway,
    away_mode_reassign: false,
    away_status_reason: isAway ? 'In der Mittagspause 🥪' : '',
    has_inbox_seat: true,
    team_ids: [Number(TEAM.id)],
    avatar: { type: 'avatar', image_url: null },
  };
}

/** An entry of the workspace's activity log; here, that somebody's app now listens to another topic. */
export function activityLogEvent({ cast, atS }: Scene): Item {
  return {
    type: 'admin_activity_log_event',
    id: cast.thingId,
    performed_by: { type: 'admin', id: ADMIN.id, email: ADMIN.email, ip: '192.0.2.1' },
    metadata: { topic: 'conversation.user.replied' },
    created_at: atS,
    activity_type: 'app_webhook_creation',
    activity_description: `${ADMIN.name} created a webhook.`,
  };
}

/** A request to the REST API that succeeded. It has a `request_id`, and no id. */
export function apiRequest({ random, atS }: Scene): Item {
  return {
    type: 'api.request.completed',
    request_id: `000${random.hex(17)}`,
    timestamp: atS,
    request: {
      method: 'GET',
      path: '/admins',
      ip_address: '192.0.2.7',
      user_agent: 'intercom-node/7.0.3',
    },
    authentication: {
      method: 'oauth',
      token_id: random.uuid(),
      oauth_client_id: random.uuid(),
      app_package_code: 'example-app-7cm5',
    },
    response: { status: 200 },
    admin: { id: ADMIN.id, email: ADMIN.email },
  };
}
