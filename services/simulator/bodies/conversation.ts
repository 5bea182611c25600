import { type Item, isoTime, type Scene, sentence } from './scene.ts';

const ADMIN = { id: '9608799', type: 'admin', name: 'Morgan Reyes', email: 'morgan.reyes@example.com' } as const;

interface Part {
  readonly partType: string;
  readonly body: string | null;
  readonly author: Item;
}

interface Shape {
  readonly state: 'open' | 'closed';
  readonly part: Part | null;
  readonly rating: Item | null;
}

/** The customer's first message. It is in `source.body`; there are no parts yet. */
export function conversationCreated(scene: Scene): Item {
  return conversation(scene, { state: 'open', part: null, rating: null });
}

/** The customer writes again: the words are in the last part. Now and then the reply reopens, and its part says `open`. */
export function conversationReplied(scene: Scene): Item {
  const partType = scene.random.oneIn(16) ? 'open' : 'comment';
  const part = { partType, body: sentence(scene.random), author: customer(scene) };
  return conversation(scene, { state: 'open', part, rating: null });
}

/** A teammate closes it, without words. */
export function conversationClosed(scene: Scene): Item {
  return conversation(scene, { state: 'closed', part: { partType: 'close', body: null, author: ADMIN }, rating: null });
}

/** The customer rates it. No capture of this topic is public: the rating is shaped as in the REST description. */
export function conversationRated(scene: Scene): Item {
  const { random, cast, atS } = scene;
  const rating = {
    rating: 1 + random.int(5),
    remark: random.oneIn(2) ? null : 'Très bien, merci ! 👍',
    created_at: atS,
    contact: { type: 'contact', id: cast.contactId },
    teammate: { type: 'admin', id: ADMIN.id },
  };
  const part = { partType: 'conversation_rating_changed', body: null, author: customer(scene) };
  return conversation(scene, { state: 'closed', part, rating });
}

/** A conversation as API versions up to 2.14 send it: HTML bodies, statistics with ISO times. */
function conversation(scene: Scene, { state, part, rating }: Shape): Item {
  const { cast, openedAtS, atS } = scene;
  return {
    type: 'conversation',
    id: cast.conversationId,
    created_at: openedAtS,
    updated_at: atS,
    waiting_since: state === 'open' ? atS : null,
    snoozed_until: null,
    source: source(scene),
    contacts: {
      type: 'contact.list',
      contacts: [{ type: 'contact', id: cast.contactId, external_id: cast.externalId }],
    },
    first_contact_reply: { created_at: openedAtS, type: 'conversation', url: 'https://shop.example.com/help' },
    admin_assignee_id: part === null ? null : Number(ADMIN.id),
    team_assignee_id: null,
    open: state === 'open',
    state,
    read: state === 'closed',
    tags: { type: 'tag.list', tags: [] },
    priority: 'not_priority',
    sla_applied: null,
    statistics: statistics(scene, state),
    conversation_rating: rating,
    teammates: { type: 'admin.list', admins: part === null ? [] : [{ type: 'admin', id: ADMIN.id }] },
    title: null,
    custom_attributes: { 'Has attachments': false, 'Auto-translated': false, 'Copilot used': false },
    topics: { type: 'topic.list', topics: [], total_count: 0 },
    ticket: null,
    linked_objects: { type: 'list', data: [], total_count: 0, has_more: false },
    ai_agent: null,
    ai_agent_participated: false,
    conversation_parts: {
      type: 'conversation_part.list',
      conversation_parts: part === null ? [] : [conversationPart(scene, part, state)],
      total_count: part === null ? 0 : 1,
    },
  };
}

function source(scene: Scene): Item {
  return {
    type: 'conversation',
    id: scene.cast.messageId,
    delivered_as: 'customer_initiated',
    subject: '',
    body: `<p>${scene.cast.question}</p>`,
    author: customer(scene),
    attachments: [],
    url: 'https://shop.example.com/help',
    redacted: false,
  };
}

/** `count_conversation_parts` is the sequence: the natural place where a receiver can see the order. */
function statistics({ openedAtS, atS, sequence }: Scene, state: Shape['state']): Item {
  return {
    type: 'conversation_statistics',
    time_to_assignment: null,
    time_to_admin_reply: null,
    time_to_first_close: state === 'closed' ? atS - openedAtS : null,
    time_to_last_close: state === 'closed' ? atS - openedAtS : null,
    median_time_to_reply: null,
    first_contact_reply_at: isoTime(openedAtS),
    first_assignment_at: null,
    first_admin_reply_at: null,
    first_close_at: state === 'closed' ? isoTime(atS) : null,
    last_assignment_at: null,
    last_assignment_admin_reply_at: null,
    last_contact_reply_at: isoTime(atS),
    last_admin_reply_at: null,
    last_close_at: state === 'closed' ? isoTime(atS) : null,
    last_closed_by_id: state === 'closed' ? Number(ADMIN.id) : null,
    count_reopens: 0,
    count_assignments: 0,
    count_conversation_parts: sequence,
    assigned_team_first_response_time: [],
    assigned_team_first_response_time_in_office_hours: [],
    handling_time: null,
  };
}

function conversationPart({ atS, partId }: Scene, { partType, body, author }: Part, state: Shape['state']): Item {
  return {
    type: 'conversation_part',
    id: partId,
    part_type: partType,
    body,
    created_at: atS,
    updated_at: atS,
    notified_at: atS,
    assigned_to: null,
    author: { ...author, from_ai_agent: false, is_ai_answer: false },
    attachments: [],
    external_id: null,
    redacted: false,
    metadata: {},
    email_message_metadata: null,
    state,
    tags: [],
    event_details: {},
    app_package_code: null,
  };
}

function customer({ cast }: Scene): Item {
  return { id: cast.contactId, type: 'user', name: cast.name, email: cast.email };
}
