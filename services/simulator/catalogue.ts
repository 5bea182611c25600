import { type ApiVersion, apiVersions } from './bodies/api-version.ts';
import { companyTopics, contactTopics } from './catalogue/contacts.ts';
import { conversationTopics } from './catalogue/conversations.ts';
import { type CatalogueEntry, existsIn } from './catalogue/entry.ts';
import { ticketTopics } from './catalogue/tickets.ts';
import { topicNames } from './catalogue/topic-names.ts';
import { contentStatTopics, workspaceTopics } from './catalogue/workspace.ts';

export type Topic = (typeof topicNames)[number];

/** Topic → how its item is made. */
export const catalogue: Readonly<Record<Topic, CatalogueEntry>> = {
  ...conversationTopics,
  ...contactTopics,
  ...companyTopics,
  ...ticketTopics,
  ...workspaceTopics,
  ...contentStatTopics,
};

/** Every topic there is, whatever the API version. */
export const topics: readonly [Topic, ...Topic[]] = topicNames;

/** What a run sends where it names no topics: the everyday of a support team. */
export const usualTopics = [
  'conversation.user.created',
  'conversation.user.replied',
  'conversation.admin.closed',
  'conversation.rating.added',
  'contact.user.created',
  'contact.user.updated',
  'contact.lead.created',
  'ticket.created',
  'ticket.state.updated',
  'company.created',
] as const satisfies readonly Topic[];

/** @returns every topic that an app of this API version can listen to, in the catalogue's order */
export function topicsOf(apiVersion: ApiVersion): readonly Topic[] {
  return topics.filter((topic) => existsIn(catalogue[topic], apiVersion));
}

/**
 * Whether an app of this API version can be sent the topic when it is asked for by name. The newest version that is played
 * stands for those after it: their topics are known, their shapes are not.
 */
export function canBeSent(topic: Topic, apiVersion: ApiVersion): boolean {
  return apiVersion === apiVersions.at(-1) || existsIn(catalogue[topic], apiVersion);
}

/** Topics outside the catalogue: one that may come, one with characters no topic has had, one without a dot. */
export const unknownTopics = [
  'conversation.telepathy.received',
  'experiment.größe & more.changed',
  'heartbeat',
] as const;
