import * as events from '../bodies/ticket-events.ts';
import { type CatalogueEntry, follows, once, opens, since } from './entry.ts';

const about = 'ticket';

export const ticketTopics = {
  'ticket.created': opens(about, events.ticketCreated),
  'ticket.state.updated': follows(about, events.ticketStateUpdated, 2),
  'ticket.note.created': follows(about, events.ticketNoted),
  'ticket.admin.assigned': follows(about, events.ticketAdminAssigned),
  'ticket.team.assigned': follows(about, events.ticketTeamAssigned),
  'ticket.contact.attached': once(about, events.ticketAndContact),
  'ticket.contact.detached': once(about, events.ticketAndContact),
  'ticket.attribute.updated': follows(about, events.ticketAttributeUpdated),
  'ticket.admin.replied': follows(about, events.ticketAdminReplied),
  'ticket.admin.replied.translated': since('2.16', follows(about, events.ticketReplyTranslated)),
  'ticket.contact.replied': follows(about, events.ticketContactReplied),
  'ticket.rating.provided': follows(about, events.ticketRated),
  'ticket.closed': follows(about, events.ticketClosed),
  'ticket.resolved': since('2.15', follows(about, events.ticketResolved)),
  'ticket.admin.snoozed': since('2.16', follows(about, events.ticketSnoozed)),
  'ticket.admin.unsnoozed': since('2.16', follows(about, events.ticketUnsnoozed)),
} as const satisfies Record<string, CatalogueEntry>;
