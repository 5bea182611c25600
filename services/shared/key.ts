import { crc32 } from 'node:zlib';
import { SLOTS, slotToken } from './contract.ts';

/**
 * Whose notification it is: what is kept in order, what `ce-subject` says. `kind` is `conversation`, `contact`, `ticket`,
 * or Intercom's own item type; `notification` (the notification's own id) where nothing usable is found: no order.
 */
export interface Key {
  readonly kind: string;
  readonly id: string;
}

export const keyText = (key: Key): string => `${key.kind}/${key.id}`;

/** The slot of a key, `00` to `63`: CRC-32 (IEEE) of its UTF-8 text, modulo the number of slots. Never to be changed. */
export const slotOf = (key: Key): string => slotToken(crc32(keyText(key)) % SLOTS);

/** The key of a notification, from `data.item`. Total: anything at all gives a key. */
export function keyOf(item: unknown, notificationId: string): Key {
  return fromItem(item) ?? { kind: 'notification', id: notificationId };
}

function fromItem(item: unknown): Key | null {
  if (!isRecord(item)) return null;
  const type = typeof item['type'] === 'string' ? item['type'] : null;
  if (type === null) return fromWrapper(item);
  if (isConversation(type)) return key('conversation', idOf(item['conversation_id']) ?? idOf(item['id']));
  if (type === 'event') return key('contact', idOf(item['intercom_user_id']) ?? idOf(item['user_id']));
  if (isContact(type)) return key('contact', idOf(item['id']));
  const ofContact = HOLDS_CONTACT.test(type) ? nested(item['contact']) : null;
  if (ofContact !== null) return key('contact', ofContact);
  // Its id is one level down: `{type: 'content_stat.email', content_stat: {id}, contact}`.
  if (type.startsWith('content_stat')) return key(type, idOf(item['id']) ?? nested(item['content_stat']));
  if (type === 'ticket') return key('ticket', idOf(item['id']));
  if (!TYPE_NAME.test(type)) return null;
  // Without an id of its own it is about what it holds: `{type: 'ticket_ticket_part', ticket, ticket_part}`.
  return key(type, idOf(item['id'])) ?? fromWrapper(item);
}

/** Most wrappers carry no `type`: `{ticket}`, `{ticket, contact}`, `{conversation, contact}`, `{company, contact}`. */
function fromWrapper(item: Record<string, unknown>): Key | null {
  for (const kind of ['ticket', 'conversation', 'company'] as const) {
    const inner = item[kind];
    if (isRecord(inner)) return key(kind, idOf(inner['id']) ?? idOf(modelId(inner)));
  }
  const conversation = idOf(item['conversation_id']);
  return conversation === null ? key('contact', nested(item['contact'])) : key('conversation', conversation);
}

/** `conversation.contact.attached` holds the conversation as an internal record, `{parts, options, model}`. */
const modelId = (inner: Record<string, unknown>): unknown => (isRecord(inner['model']) ? inner['model']['id'] : null);

const isConversation = (type: string): boolean => type === 'conversation' || type === 'conversation_part';
export const isContact = (type: string): boolean => CONTACT_TYPES.has(type);

const CONTACT_TYPES = new Set(['contact', 'user', 'lead', 'visitor']);
const HOLDS_CONTACT = /^(?:contact_|granular_|subscription)/;
const TYPE_NAME = /^[a-z][a-z0-9_.]{0,63}$/;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An Intercom id: text or number, never empty, bounded; everything else is none. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : null;
}

const nested = (value: unknown): string | null => (isRecord(value) ? idOf(value['id']) : null);
const key = (kind: string, id: string | null): Key | null => (id === null ? null : { kind, id });
