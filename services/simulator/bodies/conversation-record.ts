import { attachedContact } from './contact.ts';
import { ADMIN, adminReference } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { isoTime } from './time.ts';

/** The workspace's number, which shows nowhere else. */
const APP_NUMBER = 3239765;

/** A contact joins a conversation. The item has no `type`, and the conversation is one of Intercom's internal records. */
export function contactJoined(scene: Scene): Item {
  return { conversation: record(scene, 'added_by'), contact: attachedContact(scene) };
}

/** A contact is taken out of a conversation; shaped as when one joins. */
export function contactLeft(scene: Scene): Item {
  return { conversation: record(scene, 'removed_by'), contact: attachedContact(scene) };
}

/** Ids are numbers here, times ISO 8601, and `data` is JSON inside JSON. */
function record(scene: Scene, doer: 'added_by' | 'removed_by'): Item {
  const { cast, openedAtS, atS } = scene;
  return {
    parts: [recordPart(scene, doer)],
    options: { expand_for_notification: true },
    model: {
      app_id: APP_NUMBER,
      id: Number(cast.conversationId),
      user_id: cast.contactId,
      message_id: Number(cast.messageId),
      created_at: isoTime(openedAtS),
      updated_at: isoTime(atS),
      company_id: '-1',
      message_version_id: null,
      message_variation_id: 0,
      message_type: 'conversation',
      read: false,
      read_at: null,
      latest_user_visible_comment_at: isoTime(atS),
      latest_admin_visible_comment_at: isoTime(atS),
      first_opened_at: isoTime(openedAtS),
      first_user_comment_at: isoTime(openedAtS),
      message_subclass_type: 3,
      deleted: false,
      original_user_id: '-1',
      dismissed: false,
      delivery_state: 'delivered',
      sent_at: isoTime(openedAtS),
      initiator_id: null,
      initiator_type: null,
      initial_channel: 2,
      current_channel: 2,
    },
  };
}

function recordPart({ cast, partId, atS }: Scene, doer: 'added_by' | 'removed_by'): Item {
  return {
    id: Number(partId),
    app_id: APP_NUMBER,
    conversation_id: Number(cast.conversationId),
    body: '',
    created_at: isoTime(atS),
    updated_at: isoTime(atS),
    owner_id: Number(ADMIN.id),
    closer: false,
    admin_only: false,
    user_id: null,
    emailed: false,
    markdown: true,
    assignee_id: null,
    opener: false,
    channel: -1,
    deleted: false,
    json_blocks: '[]',
    data: JSON.stringify({
      [doer]: { ...adminReference, id: Number(ADMIN.id), name: ADMIN.name, email: ADMIN.email },
      participant: { type: 'user', id: cast.contactId, name: cast.name, email: cast.email },
      previous_state: 'state_open',
      state: 'state_open',
    }),
  };
}
