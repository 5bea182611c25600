import { company } from './bodies/company.ts';
import { leadContact, userContact } from './bodies/contact.ts';
import {
  conversationClosed,
  conversationCreated,
  conversationRated,
  conversationReplied,
} from './bodies/conversation.ts';
import type { Cast, Item, Scene } from './bodies/scene.ts';
import { ticketCreated, ticketStateUpdated } from './bodies/ticket.ts';

/** One topic the simulator can play. */
export interface CatalogueEntry {
  /** What it is about; notifications of one subject are numbered together. */
  readonly subject: 'conversation' | 'contact' | 'ticket' | 'lead' | 'company';
  /** `opens`: the first of its subject. `follows`: any later one. `once`: each has a new subject of its own. */
  readonly standing: 'opens' | 'follows' | 'once';
  /** How often, relative to the others. */
  readonly weight: number;
  readonly build: (scene: Scene) => Item;
}

/** Topic → how its item is made. Names and shapes as of API versions up to 2.14. */
export const catalogue = {
  'conversation.user.created': { subject: 'conversation', standing: 'opens', weight: 4, build: conversationCreated },
  'conversation.user.replied': { subject: 'conversation', standing: 'follows', weight: 8, build: conversationReplied },
  'conversation.admin.closed': { subject: 'conversation', standing: 'follows', weight: 2, build: conversationClosed },
  'conversation.rating.added': { subject: 'conversation', standing: 'follows', weight: 1, build: conversationRated },
  'contact.user.created': { subject: 'contact', standing: 'opens', weight: 2, build: userContact },
  'contact.user.updated': { subject: 'contact', standing: 'follows', weight: 3, build: userContact },
  'contact.lead.created': { subject: 'lead', standing: 'once', weight: 1, build: leadContact },
  'ticket.created': { subject: 'ticket', standing: 'opens', weight: 1, build: ticketCreated },
  'ticket.state.updated': { subject: 'ticket', standing: 'follows', weight: 2, build: ticketStateUpdated },
  'company.created': { subject: 'company', standing: 'once', weight: 1, build: company },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type Topic = keyof typeof catalogue;

/** Every topic of the catalogue, in its order. */
export const topics = Object.keys(catalogue) as [Topic, ...Topic[]];

/** Topics outside the catalogue: one that may come, one with characters no topic has had, one without a dot. */
export const unknownTopics = [
  'conversation.telepathy.received',
  'experiment.größe & more.changed',
  'heartbeat',
] as const;

/** @returns the subject as `<type>/<id>`, e.g. `conversation/1234`; a lead is a contact */
export function subjectKeyOf(topic: Topic, cast: Cast): string {
  const subject = catalogue[topic].subject;
  switch (subject) {
    case 'conversation':
      return `conversation/${cast.conversationId}`;
    case 'contact':
    case 'lead':
      return `contact/${cast.contactId}`;
    case 'ticket':
      return `ticket/${cast.ticketId}`;
    case 'company':
      return `company/${cast.companyId}`;
  }
}
