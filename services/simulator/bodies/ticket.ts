import { linkedObjects } from './list.ts';
import { contactList } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { messageBody } from './text.ts';
import { ticketType } from './ticket-type.ts';

export const ticketStates = [
  { category: 'submitted', label: 'Submitted' },
  { category: 'in_progress', label: 'In progress' },
  { category: 'waiting_on_customer', label: 'Waiting on customer' },
  { category: 'resolved', label: 'Resolved' },
] as const;

export type TicketState = (typeof ticketStates)[number];

/** What a notification shows of a ticket beside what all have. */
interface TicketShape {
  readonly state: TicketState;
  readonly parts: readonly Item[];
  /** Fields of the ticket itself that this changes or adds. */
  readonly fields?: Item;
}

/** `ticket_attributes.Updates` is the sequence. Nobody assigned is the string "0", not null. */
export function ticket(scene: Scene, { state, parts, fields = {} }: TicketShape): Item {
  const { cast, appId, openedAtS, atS } = scene;
  return {
    type: 'ticket',
    id: cast.ticketId,
    ticket_id: cast.ticketId.slice(-8),
    ticket_attributes: ticketAttributes(scene, null),
    ticket_state: {
      type: 'ticket_state',
      id: String(4517893 + ticketStates.indexOf(state)),
      category: state.category,
      internal_label: state.label,
      external_label: state.label,
    },
    ticket_type: ticketType(appId, openedAtS),
    contacts: contactList(cast),
    admin_assignee_id: '0',
    team_assignee_id: '0',
    created_at: openedAtS,
    updated_at: atS,
    ticket_parts: { type: 'ticket_part.list', ticket_parts: parts, total_count: parts.length },
    open: state.category !== 'resolved',
    snoozed_until: null,
    linked_objects: linkedObjects,
    category: 'Customer',
    is_shared: true,
    company_id: null,
    channel: 'messenger',
    ...fields,
  };
}

export function ticketAttributes({ cast, sequence }: Scene, rootCause: string | null): Item {
  return {
    _default_title_: cast.question,
    _default_description_: `${cast.name ?? 'A visitor'} asks: ${cast.question}`,
    Updates: sequence,
    'Root cause': rootCause,
  };
}

/** One step of a ticket. */
export interface TicketPart {
  readonly partType: string;
  readonly author: Item;
  /** Plain text; without any, the part has no `body`. */
  readonly text?: string;
  /** Fields that only such parts have. */
  readonly fields?: Item;
}

export function ticketPart({ apiVersion, atS, partId }: Scene, { partType, author, text, fields }: TicketPart): Item {
  return {
    type: 'ticket_part',
    id: partId,
    part_type: partType,
    ...(text === undefined ? {} : { body: messageBody(apiVersion, text) }),
    ...fields,
    created_at: atS,
    updated_at: atS,
    author,
    attachments: [],
    redacted: false,
  };
}
