/**
 * Old names of topics, and what Intercom calls them now: those of API 1.x, where a contact was a lead, and that of 2.5 for
 * archived contacts, as the pages of these versions have them beside today's
 * (developers.intercom.com/docs/references/1.1/webhooks/webhook-models and …/2.5/…, /preview/…).
 */
const RENAMED: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'user.created': ['contact.user.created'],
  'user.deleted': ['contact.deleted'],
  'user.unsubscribed': ['contact.unsubscribed'],
  'user.email.updated': ['contact.email.updated'],
  'user.tag.created': ['contact.user.tag.created'],
  'user.tag.deleted': ['contact.user.tag.deleted'],
  'contact.created': ['contact.lead.created', 'contact.user.created'],
  'contact.updated': ['contact.lead.updated', 'contact.user.updated'],
  'contact.signed_up': ['contact.lead.signed_up'],
  'contact.added_email': ['contact.lead.added_email'],
  'contact.tag.created': ['contact.lead.tag.created', 'contact.user.tag.created'],
  'contact.tag.deleted': ['contact.lead.tag.deleted', 'contact.user.tag.deleted'],
  'contact.archive': ['contact.archived'],
  // Never Intercom's own, but in guides.
  'conversation.closed': ['conversation.admin.closed'],
  'conversation.opened': ['conversation.admin.opened'],
  'conversation.snoozed': ['conversation.admin.snoozed'],
};

export interface Renamed {
  readonly from: string;
  readonly to: string;
}

/** Of declared topics those with an old name, each with its names of today. */
export const renamedTopics = (declared: readonly string[]): Renamed[] =>
  declared.flatMap((from) => (Object.hasOwn(RENAMED, from) ? (RENAMED[from] ?? []) : []).map((to) => ({ from, to })));
