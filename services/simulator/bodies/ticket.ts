import type { Item, Scene } from './scene.ts';

const states = [
  { category: 'submitted', label: 'Submitted' },
  { category: 'in_progress', label: 'In progress' },
  { category: 'waiting_on_customer', label: 'Waiting on customer' },
  { category: 'resolved', label: 'Resolved' },
] as const;

const BOT = { id: '9608808', type: 'bot', name: 'Fin', email: 'operator@example.com' } as const;
const ADMIN = { id: '9608799', type: 'admin', name: 'Morgan Reyes', email: 'morgan.reyes@example.com' } as const;

/** A ticket that was just opened: submitted, its title collected by the bot. */
export function ticketCreated(scene: Scene): Item {
  return ticket(scene, states[0], [part(scene, 'attribute_collected', BOT, {})]);
}

/** A teammate moves the ticket on; it goes round the states in order. */
export function ticketStateUpdated(scene: Scene): Item {
  const before = states[(scene.sequence + 2) % states.length] ?? states[0];
  const now = states[(scene.sequence + 3) % states.length] ?? states[0];
  const change = { ticket_state: now.category, previous_ticket_state: before.category };
  return ticket(scene, now, [part(scene, 'ticket_state_updated_by_admin', ADMIN, change)]);
}

/** `ticket_attributes.Updates` is the sequence. Nobody assigned is the string "0", not null. */
function ticket(scene: Scene, state: (typeof states)[number], parts: readonly Item[]): Item {
  const { cast, appId, openedAtS, atS, sequence } = scene;
  return {
    type: 'ticket',
    id: cast.ticketId,
    ticket_id: cast.ticketId.slice(-8),
    ticket_attributes: {
      _default_title_: cast.question,
      _default_description_: `${cast.name ?? 'A visitor'} asks: ${cast.question}`,
      Updates: sequence,
      'Root cause': null,
    },
    ticket_state: {
      type: 'ticket_state',
      id: String(4517893 + states.indexOf(state)),
      category: state.category,
      internal_label: state.label,
      external_label: state.label,
    },
    ticket_type: ticketType(appId, openedAtS),
    contacts: {
      type: 'contact.list',
      contacts: [{ type: 'contact', id: cast.contactId, external_id: cast.externalId }],
    },
    admin_assignee_id: '0',
    team_assignee_id: '0',
    created_at: openedAtS,
    updated_at: atS,
    ticket_parts: { type: 'ticket_part.list', ticket_parts: parts, total_count: parts.length },
    open: state.category !== 'resolved',
    snoozed_until: null,
    linked_objects: { type: 'list', data: [], total_count: 0, has_more: false },
    category: 'Customer',
    is_shared: true,
    company_id: null,
    channel: 'messenger',
  };
}

function ticketType(appId: string, madeAtS: number): Item {
  const attributes = ['_default_title_', '_default_description_', 'Updates', 'Root cause'];
  return {
    type: 'ticket_type',
    id: '2979330',
    name: 'Tickets',
    description: 'Requests that can’t be settled at once.',
    icon: '🎟',
    workspace_id: appId,
    archived: false,
    created_at: madeAtS,
    updated_at: madeAtS,
    is_internal: false,
    ticket_type_attributes: {
      type: 'list',
      data: attributes.map((name, order) => ticketTypeAttribute(name, order, { appId, madeAtS })),
    },
    category: 'Customer',
  };
}

function ticketTypeAttribute(name: string, order: number, made: { appId: string; madeAtS: number }): Item {
  return {
    type: 'ticket_type_attribute',
    id: String(8514183 + order),
    workspace_id: made.appId,
    name,
    description: '',
    data_type: name === 'Updates' ? 'integer' : 'string',
    input_options: { multiline: name === '_default_description_' },
    order,
    required_to_create: false,
    required_to_create_for_contacts: false,
    visible_on_create: true,
    visible_to_contacts: true,
    default: name.startsWith('_default_'),
    ticket_type_id: 2979330,
    archived: false,
    created_at: made.madeAtS,
    updated_at: made.madeAtS,
  };
}

function part({ atS, partId }: Scene, partType: string, author: Item, change: Item): Item {
  return {
    type: 'ticket_part',
    id: partId,
    part_type: partType,
    ...change,
    created_at: atS,
    updated_at: atS,
    author,
    attachments: [],
    redacted: false,
  };
}
