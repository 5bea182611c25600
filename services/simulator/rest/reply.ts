import { z } from 'zod';
import { ADMIN } from '../bodies/people.ts';
import type { Item } from '../bodies/scene.ts';
import type { Author, ConversationItem, ReplyPart } from './conversation.ts';
import type { Refusal } from './refusal.ts';

/** A reply that Intercom would accept. */
export interface Reply {
  readonly messageType: 'comment' | 'note';
  readonly author: Author;
  /** As it was sent. */
  readonly body: string;
  /** Unix seconds, where the sender dates it. */
  readonly createdAtS: number | null;
}

type ReplyVerdict =
  | { readonly kind: 'accepted'; readonly reply: Reply }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const body = z.string().min(1);
const created_at = z.int().nonnegative().nullish();

/** The examples of the REST description have numbers where its schema has strings. */
const identifier = z.union([z.string().min(1), z.int()]).transform(String);

/** Of the REST description, without quick replies and attachments. Fields that nobody knows are not looked at. */
const ReplyRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('admin'),
    message_type: z.enum(['comment', 'note']),
    admin_id: identifier,
    body,
    created_at,
  }),
  z.object({
    type: z.literal('user'),
    message_type: z.enum(['comment']),
    intercom_user_id: z.string().nullish(),
    user_id: z.string().nullish(),
    email: z.string().nullish(),
    body,
    created_at,
  }),
]);

/** Judges the JSON document of `POST /conversations/{id}/reply`; of several faults the first in the order above counts. */
export function judgeReply(document: unknown, conversation: ConversationItem): ReplyVerdict {
  const fields = z.record(z.string(), z.unknown()).safeParse(document ?? {});
  if (!fields.success) return refused({ kind: 'unreadable' });
  const parsed = ReplyRequest.safeParse(fields.data);
  if (!parsed.success) return refused(firstFault(parsed.error, fields.data));
  const request = parsed.data;
  const { message_type: messageType, created_at: createdAtS = null } = request;
  const author = authorOf(request, conversation);
  if (author === null) return refused({ kind: request.type === 'admin' ? 'unknown-admin' : 'unknown-contact' });
  return { kind: 'accepted', reply: { messageType, author, body: request.body, createdAtS } };
}

/**
 * The part a reply becomes.
 * @param nowS when it arrived, in unix seconds
 */
export function replyPart(reply: Reply, id: string, conversation: ConversationItem, nowS: number): ReplyPart {
  const { messageType, author, body, createdAtS } = reply;
  const reopens = author.type === 'user' && conversation.state === 'closed';
  return {
    type: 'conversation_part',
    id,
    part_type: reopens ? 'open' : messageType,
    body: asHtml(body),
    created_at: createdAtS ?? nowS,
    updated_at: nowS,
    notified_at: nowS,
    assigned_to: null,
    author,
    attachments: [],
    external_id: null,
    redacted: false,
    metadata: {},
    email_message_metadata: null,
    state: reopens ? 'open' : conversation.state,
    tags: [],
    event_details: {},
    app_package_code: 'simulated-app',
  };
}

function authorOf(request: z.output<typeof ReplyRequest>, conversation: ConversationItem): Author | null {
  switch (request.type) {
    case 'admin': {
      const { id, name, email } = ADMIN;
      return request.admin_id === id ? { type: 'admin', id, name, email } : null;
    }
    case 'user': {
      const contact = contactOf(conversation);
      const { intercom_user_id, user_id, email } = request;
      const isContact =
        intercom_user_id === contact.id ||
        (typeof user_id === 'string' && user_id === contact.externalId) ||
        (typeof email === 'string' && email !== '' && email === contact.email);
      return isContact ? { type: 'user', id: contact.id, name: contact.name, email: contact.email } : null;
    }
  }
}

/** Name and address are known of the contact who began the conversation. */
function contactOf({ source, contacts }: ConversationItem) {
  const { id = '', external_id: externalId = null } = contacts.contacts[0] ?? {};
  const { name, email } = source.author.id === id ? source.author : { name: null, email: '' };
  return { id, externalId, name, email };
}

const OPTIONS = new Set(['type', 'message_type']);

function firstFault(error: z.ZodError, fields: Item): Refusal {
  const parameter = String(error.issues[0]?.path[0] ?? 'type');
  const value = fields[parameter];
  if (value === undefined || value === null || value === '') return { kind: 'parameter-missing', parameter };
  return { kind: OPTIONS.has(parameter) ? 'no-such-option' : 'parameter-invalid', parameter };
}

/** Words without a tag come back as a paragraph, as in the examples of the REST description. */
function asHtml(text: string): string {
  return text.trimStart().startsWith('<') ? text : `<p>${text}</p>`;
}

function refused(refusal: Refusal): ReplyVerdict {
  return { kind: 'refused', refusal };
}
