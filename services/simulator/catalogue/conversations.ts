import { procedureQuestion } from '../bodies/automation.ts';
import * as events from '../bodies/conversation-events.ts';
import { contactJoined, contactLeft } from '../bodies/conversation-record.ts';
import { type CatalogueEntry, follows, once, opens, since } from './entry.ts';

const about = 'conversation';

export const conversationTopics = {
  'conversation.user.created': opens(about, events.conversationCreated, 4),
  'conversation.user.replied': follows(about, events.conversationReplied, 8),
  'conversation.admin.single.created': once(about, events.conversationBegunByAdmin),
  'conversation.admin.replied': follows(about, events.conversationAdminReplied, 4),
  'conversation.operator.replied': follows(about, events.conversationOperatorReplied, 4),
  'conversation.admin.noted': follows(about, events.conversationNoted),
  'conversation.admin.assigned': follows(about, events.conversationAssigned),
  'conversation.admin.open.assigned': follows(about, events.conversationOpenAssigned),
  'conversation.admin.opened': follows(about, events.conversationOpened),
  'conversation.admin.closed': follows(about, events.conversationClosed, 2),
  'conversation.admin.snoozed': follows(about, events.conversationSnoozed),
  'conversation.admin.unsnoozed': follows(about, events.conversationUnsnoozed),
  'conversation.contact.attached': once(about, contactJoined),
  'conversation.contact.detached': once(about, contactLeft),
  'conversation.company.updated': since('2.15', follows(about, events.conversationCompanyUpdated)),
  'conversation.priority.updated': follows(about, events.conversationPriorityUpdated),
  'conversation.rating.added': follows(about, events.conversationRated),
  'conversation.read': follows(about, events.conversationRead),
  'conversation.deleted': once(about, events.conversationDeleted),
  'conversation_part.redacted': follows(about, events.partRedacted),
  'conversation_part.tag.created': follows(about, events.partTagged),
  'conversation.admin.replied.translated': since('2.16', follows(about, events.conversationReplyTranslated)),
  'procedure.hitl_notification.created': since('Preview', once(about, procedureQuestion)),
} as const satisfies Record<string, CatalogueEntry>;
