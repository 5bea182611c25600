import { attachedContact } from './contact.ts';
import { ADMIN, adminReference, BOT, customer, TEAM } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { answer, sentence, translationsOf } from './text.ts';
import { type TicketPart, type TicketState, ticket, ticketAttributes, ticketPart, ticketStates } from './ticket.ts';
import { rootCause } from './ticket-type.ts';

const [submitted, , , resolved] = ticketStates;

/** A ticket that was just opened: submitted, its title collected by the bot. */
export function ticketCreated(scene: Scene): Item {
  const part = ticketPart(scene, { partType: 'attribute_collected', author: BOT });
  return ticket(scene, { state: submitted, parts: [part] });
}

/** A teammate moves the ticket on; it goes round the states in order. */
export function ticketStateUpdated(scene: Scene): Item {
  const state = stateAt(scene.sequence);
  return ticket(scene, { state, parts: [stateChange(scene, stateAt(scene.sequence - 1), state)] });
}

/** The item has no room for what was rated: no capture is public, and Intercom's reference says no more than "Ticket". */
export function ticketRated(scene: Scene): Item {
  return ticket(scene, { state: resolved, parts: [] });
}

/** Up to API version 2.14 the ticket, from 2.15 on `{ticket}`. Contacts are listed as nowhere else. */
export function ticketClosed(scene: Scene): Item {
  const contacts = { type: 'contact.list', contacts: [{ id: scene.cast.contactId, role: 'user' }] };
  const parts = [ticketPart(scene, { partType: 'close', author: ADMIN })];
  const closed = ticket(scene, { state: resolved, parts, fields: { contacts } });
  switch (scene.apiVersion) {
    case '2.14':
      return closed;
    case '2.15':
      return { ticket: closed };
  }
}

export function ticketResolved(scene: Scene): Item {
  return ticket(scene, { state: resolved, parts: [stateChange(scene, submitted, resolved)] });
}

const SNOOZED_FOR_S = 24 * 60 * 60;

export function ticketSnoozed(scene: Scene): Item {
  const parts = [ticketPart(scene, { partType: 'snoozed', author: ADMIN })];
  const fields = { snoozed_until: scene.atS + SNOOZED_FOR_S };
  return ticket(scene, { state: stateAt(scene.sequence), parts, fields });
}

export function ticketUnsnoozed(scene: Scene): Item {
  const parts = [ticketPart(scene, { partType: 'unsnoozed', author: ADMIN })];
  return ticket(scene, { state: stateAt(scene.sequence), parts });
}

export function ticketAdminAssigned(scene: Scene): Item {
  const part = { partType: 'assignment', author: ADMIN, fields: { assigned_to: adminReference } };
  return ticketWithPart(scene, part, { admin_assignee_id: ADMIN.id });
}

export function ticketTeamAssigned(scene: Scene): Item {
  const part = { partType: 'assignment', author: ADMIN, fields: { assigned_to: TEAM } };
  return ticketWithPart(scene, part, { team_assignee_id: TEAM.id });
}

export function ticketNoted(scene: Scene): Item {
  return ticketWithPart(scene, { partType: 'note', author: ADMIN, text: answer(scene.random) });
}

export function ticketAdminReplied(scene: Scene): Item {
  return ticketWithPart(scene, { partType: 'comment', author: ADMIN, text: answer(scene.random) });
}

export function ticketContactReplied(scene: Scene): Item {
  return ticketWithPart(scene, { partType: 'comment', author: customer(scene), text: sentence(scene.random) });
}

export function ticketReplyTranslated(scene: Scene): Item {
  const text = answer(scene.random);
  const fields = { translations: translationsOf(text) };
  return ticketWithPart(scene, { partType: 'comment', author: ADMIN, text, fields });
}

export function ticketAttributeUpdated(scene: Scene): Item {
  const cause = 'Zustellung';
  const value = { type: 'value', id: cause, label: cause, previous: '' };
  const fields = { updated_attribute_data: { attribute: rootCause, value } };
  const part = { partType: 'ticket_attribute_updated_by_admin', author: ADMIN, fields };
  return ticketWithPart(scene, part, { ticket_attributes: ticketAttributes(scene, cause) });
}

/** A contact joins or leaves a ticket. The item has no `type`; the ticket is short, its id a number, its state a word. */
export function ticketAndContact(scene: Scene): Item {
  const { cast, appId } = scene;
  const attributes = Object.entries(ticketAttributes(scene, null));
  return {
    ticket: {
      type: 'ticket',
      id: Number(cast.ticketId),
      url: `https://app.intercom.com/a/apps/${appId}/conversations/${cast.ticketId}`,
      custom_attributes: Object.fromEntries(attributes.map(([name, value]) => [name, { value, type: 'string' }])),
      state: submitted.category,
      ticket_type: 'Tickets',
      ticket_type_description: 'Requests that can’t be settled at once.',
      ticket_type_emoji: '🎟',
      ticket_custom_state_admin_label: submitted.label,
      ticket_custom_state_user_label: submitted.label,
    },
    contact: attachedContact(scene),
  };
}

/** Ticket and part side by side, as captures show all topics that add a part for somebody to read. It has no id. */
function ticketWithPart(scene: Scene, added: TicketPart, fields: Item = {}): Item {
  const part = ticketPart(scene, added);
  const state = stateAt(scene.sequence);
  return { type: 'ticket_ticket_part', ticket: ticket(scene, { state, parts: [part], fields }), ticket_part: part };
}

function stateChange(scene: Scene, before: TicketState, now: TicketState): Item {
  const fields = { ticket_state: now.category, previous_ticket_state: before.category };
  return ticketPart(scene, { partType: 'ticket_state_updated_by_admin', author: ADMIN, fields });
}

/** @param sequence from 0; at 1 the ticket was just submitted, every step moves it on */
function stateAt(sequence: number): TicketState {
  return ticketStates[(sequence + 3) % ticketStates.length] ?? submitted;
}
