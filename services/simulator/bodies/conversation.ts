import { linkedObjects, tagList } from './list.ts';
import { ADMIN, adminReference, contactList, customer } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { messageBody } from './text.ts';
import { statisticsTime } from './time.ts';

export type ConversationState = 'open' | 'closed' | 'snoozed';

/** What a notification shows of a conversation beside what all have. */
interface ConversationShape {
  readonly state: ConversationState;
  /** The parts that made Intercom notify, nearly always one. */
  readonly parts: readonly Item[];
  /** Fields of the conversation itself that this changes or adds. */
  readonly fields?: Item;
}

/** A conversation as API versions 2.14 and 2.15 send it; they differ in bodies and in the times of the statistics. */
export function conversation(scene: Scene, { state, parts, fields = {} }: ConversationShape): Item {
  const { cast, openedAtS, atS } = scene;
  const untouched = parts.length === 0;
  return {
    type: 'conversation',
    id: cast.conversationId,
    created_at: openedAtS,
    updated_at: atS,
    waiting_since: state === 'open' ? atS : null,
    snoozed_until: null,
    source: source(scene),
    contacts: contactList(cast),
    first_contact_reply: { created_at: openedAtS, type: 'conversation', url: 'https://shop.example.com/help' },
    admin_assignee_id: untouched ? null : Number(ADMIN.id),
    team_assignee_id: null,
    open: state !== 'closed',
    state,
    read: state === 'closed',
    tags: tagList(),
    priority: 'not_priority',
    sla_applied: null,
    statistics: statistics(scene, state),
    conversation_rating: null,
    teammates: { type: 'admin.list', admins: untouched ? [] : [adminReference] },
    title: null,
    custom_attributes: { 'Has attachments': false, 'Auto-translated': false, 'Copilot used': false },
    topics: { type: 'topic.list', topics: [], total_count: 0 },
    ticket: null,
    linked_objects: linkedObjects,
    ai_agent: null,
    ai_agent_participated: false,
    conversation_parts: {
      type: 'conversation_part.list',
      conversation_parts: parts,
      total_count: parts.length,
    },
    ...fields,
  };
}

/** The first message, the customer's. */
function source(scene: Scene): Item {
  return {
    type: 'conversation',
    id: scene.cast.messageId,
    delivered_as: 'customer_initiated',
    subject: '',
    body: messageBody(scene.apiVersion, scene.cast.question),
    author: customer(scene),
    attachments: [],
    url: 'https://shop.example.com/help',
    redacted: false,
  };
}

/** The first message where a teammate began. */
export function adminSource(scene: Scene): Item {
  const body = messageBody(scene.apiVersion, 'How do you get on?');
  return { ...source(scene), delivered_as: 'admin_initiated', subject: 'Hello', body, author: ADMIN, url: null };
}

/** `count_conversation_parts` is the sequence: the natural place where a receiver can see the order. */
function statistics({ apiVersion, openedAtS, atS, sequence }: Scene, state: ConversationState): Item {
  const closed = state === 'closed';
  const time = (seconds: number) => statisticsTime(apiVersion, seconds);
  return {
    type: 'conversation_statistics',
    time_to_assignment: null,
    time_to_admin_reply: null,
    time_to_first_close: closed ? atS - openedAtS : null,
    time_to_last_close: closed ? atS - openedAtS : null,
    median_time_to_reply: null,
    first_contact_reply_at: time(openedAtS),
    first_assignment_at: null,
    first_admin_reply_at: null,
    first_close_at: closed ? time(atS) : null,
    last_assignment_at: null,
    last_assignment_admin_reply_at: null,
    last_contact_reply_at: time(atS),
    last_admin_reply_at: null,
    last_close_at: closed ? time(atS) : null,
    last_closed_by_id: closed ? Number(ADMIN.id) : null,
    count_reopens: 0,
    count_assignments: 0,
    count_conversation_parts: sequence,
    assigned_team_first_response_time: [],
    assigned_team_first_response_time_in_office_hours: [],
    handling_time: null,
  };
}
