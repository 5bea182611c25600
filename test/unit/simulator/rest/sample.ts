import { ADMIN } from '#services/simulator/bodies/people.ts';
import type { Item } from '#services/simulator/bodies/scene.ts';
import { afterNotification, type ConversationItem } from '#services/simulator/rest/conversation.ts';

export const CONTACT = {
  id: '6762f1571bb69f9f2193bbbb',
  external_id: 'shop-70',
  name: 'Zoë Ångström',
  email: 'zoe@example.org',
} as const;

/** As much of a notification's item as the REST API reads. */
export function item(fields: Item = {}): Item {
  return {
    type: 'conversation',
    id: '524',
    updated_at: 1_734_537_559,
    waiting_since: 1_734_537_559,
    state: 'open',
    open: true,
    source: { body: '<p>Hello</p>', author: { type: 'user', ...CONTACT } },
    contacts: {
      type: 'contact.list',
      contacts: [{ type: 'contact', id: CONTACT.id, external_id: CONTACT.external_id }],
    },
    statistics: {
      first_contact_reply_at: '2024-12-18T15:59:19.000Z',
      first_close_at: null,
      count_conversation_parts: 9,
    },
    conversation_parts: { type: 'conversation_part.list', conversation_parts: [], total_count: 0 },
    ...fields,
  };
}

/** An item with parts of these ids. */
export function itemWithParts(...ids: readonly string[]): Item {
  const conversation_parts = ids.map((id) => ({ type: 'conversation_part', id }));
  return item({ conversation_parts: { conversation_parts, total_count: ids.length } });
}

/** What is known after one notification. */
export function conversation(fields: Item = {}): ConversationItem {
  const now = afterNotification(null, { topic: 'conversation.user.created', item: item(fields) });
  if (now === null) throw new Error('the item is no conversation');
  return now;
}

export const adminComment = { type: 'admin', message_type: 'comment', admin_id: ADMIN.id, body: 'Thanks!' } as const;
export const userComment = {
  type: 'user',
  message_type: 'comment',
  intercom_user_id: CONTACT.id,
  body: 'Thanks again :)',
} as const;
