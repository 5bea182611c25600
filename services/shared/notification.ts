import { createHash } from 'node:crypto';
import { idOf, isContact, isRecord, type Key, keyOf } from './key.ts';

/** What we need of an Intercom notification; the body itself stays as received. */
export interface Notification {
  /** Intercom's id, or `sha256-<hex>` of the body where it has none that is usable. */
  readonly id: string;
  /** Workspace id; empty where Intercom gave none. */
  readonly appId: string;
  readonly topic: string;
  /** Unix seconds, or null. */
  readonly createdAt: number | null;
  /** 1, and 2 on Intercom's one retry. */
  readonly deliveryAttempts: number;
  readonly key: Key;
  readonly contactIds: readonly string[];
  readonly conversationIds: readonly string[];
}

export type Reading =
  | { kind: 'notification'; notification: Notification }
  | { kind: 'ping' }
  | { kind: 'unreadable'; reason: 'NotJson' | 'NotAnObject' | 'NoTopic' };

/** Reads a notification's bytes. Total: whatever comes is one of the three, and nothing throws. */
export function readNotification(body: Buffer): Reading {
  const parsed = parse(body);
  if (parsed === undefined) return { kind: 'unreadable', reason: 'NotJson' };
  if (!isRecord(parsed)) return { kind: 'unreadable', reason: 'NotAnObject' };
  const topic = parsed['topic'];
  if (typeof topic !== 'string' || topic === '' || topic.length > MAX_TOPIC_LENGTH) {
    return { kind: 'unreadable', reason: 'NoTopic' };
  }
  if (topic === 'ping') return { kind: 'ping' };
  const id = idOf(parsed['id']) ?? bodyDigest(body);
  const item = isRecord(parsed['data']) ? parsed['data']['item'] : null;
  const found = findIds(item);
  const notification = {
    id,
    appId: idOf(parsed['app_id']) ?? '',
    topic,
    createdAt: unixSeconds(parsed['created_at']),
    deliveryAttempts: Number.isSafeInteger(parsed['delivery_attempts']) ? Number(parsed['delivery_attempts']) : 1,
    key: keyOf(item, id),
    contactIds: [...found.contacts],
    conversationIds: [...found.conversations],
  };
  return { kind: 'notification', notification };
}

/**
 * Unique within the resource: ids are unique only within a workspace. Also JetStream's `Nats-Msg-Id`. A colon in the id of
 * a workspace, which Intercom has none of, is written `%3A`: else `a:b` and `c` would read like `a` and `b:c`.
 */
export const dedupId = ({ appId, id }: Pick<Notification, 'appId' | 'id'>): string =>
  `${appId.replaceAll(/[%:]/g, encodeURIComponent)}:${id}`;

export const bodyDigest = (body: Buffer): string => `sha256-${createHash('sha256').update(body).digest('hex')}`;

/** Longer topics do not exist at Intercom; 2 KiB leaves room in the headers of a message. */
const MAX_TOPIC_LENGTH = 2048;

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

const unixSeconds = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 253_402_300_799 ? value : null;

/** Nearly every notification holds far fewer; the rest of a larger one is not searched. */
const MAX_VALUES = 5_000;
/** Two lists of 32 × 64 characters, 6 bytes each in a header, are 24 KiB of the 64 that a message's headers may take. */
const MAX_IDS = 32;
const MAX_ID_LENGTH = 64;

/**
 * Every contact and conversation id anywhere in the item, so that all that is stored about one person can be found
 * again. Breadth first.
 */
function findIds(item: unknown): { contacts: Set<string>; conversations: Set<string> } {
  const contacts = new Set<string>();
  const conversations = new Set<string>();
  const queue: unknown[] = [item];
  for (let i = 0; i < queue.length; i++) {
    const value = queue[i];
    if (typeof value !== 'object' || value === null) continue;
    if (isRecord(value)) {
      const type = value['type'];
      // The contacts of a closed ticket are `{id, role}`.
      const isWhat = type ?? value['role'];
      if (typeof isWhat === 'string' && isContact(isWhat)) add(contacts, value['id']);
      if (type === 'conversation') add(conversations, value['id']);
      if (type === 'event') add(contacts, value['user_id']);
      add(conversations, value['conversation_id']);
      add(contacts, value['contact_id']);
      add(contacts, value['intercom_user_id']);
      if (isRecord(value['contact'])) add(contacts, value['contact']['id']);
      if (isRecord(value['conversation'])) add(conversations, value['conversation']['id']);
    }
    for (const child of Object.values(value)) {
      if (queue.length >= MAX_VALUES) break;
      if (typeof child === 'object' && child !== null) queue.push(child);
    }
  }
  return { contacts, conversations };
}

function add(ids: Set<string>, value: unknown): void {
  const id = idOf(value);
  if (id !== null && id.length <= MAX_ID_LENGTH && ids.size < MAX_IDS) ids.add(id);
}
