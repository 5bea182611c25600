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

interface Found {
  readonly contacts: Set<string>;
  readonly conversations: Set<string>;
}

/**
 * Every contact and conversation id anywhere in the item, so that all that is stored about one person can be found
 * again. Breadth first.
 */
function findIds(item: unknown): Found {
  const found: Found = { contacts: new Set(), conversations: new Set() };
  const queue: object[] = typeof item === 'object' && item !== null ? [item] : [];
  // Grows while it is gone through.
  for (const value of queue) {
    if (isRecord(value)) readRecord(value, found, queue);
    else if (Array.isArray(value)) for (const child of value) enqueue(child, queue);
  }
  return found;
}

/** In one pass without a list of names: JSON's objects inherit nothing that would be gone through. */
function readRecord(value: Record<string, unknown>, { contacts, conversations }: Found, queue: object[]): void {
  const type = value['type'];
  for (const name in value) {
    const child = value[name];
    switch (name) {
      case 'id':
        // The contacts of a closed ticket are `{id, role}`.
        if (isContactType(type ?? value['role'])) add(contacts, child);
        else if (type === 'conversation') add(conversations, child);
        break;
      case 'user_id':
        if (type === 'event') add(contacts, child);
        break;
      case 'contact_id':
      case 'intercom_user_id':
        add(contacts, child);
        break;
      case 'conversation_id':
        add(conversations, child);
        break;
      case 'contact':
        if (isRecord(child)) add(contacts, child['id']);
        break;
      case 'conversation':
        if (isRecord(child)) add(conversations, child['id']);
        break;
      default:
    }
    enqueue(child, queue);
  }
}

const isContactType = (type: unknown): boolean => typeof type === 'string' && isContact(type);

function enqueue(value: unknown, queue: object[]): void {
  if (typeof value === 'object' && value !== null && queue.length < MAX_VALUES) queue.push(value);
}

function add(ids: Set<string>, value: unknown): void {
  const id = idOf(value);
  if (id !== null && id.length <= MAX_ID_LENGTH && ids.size < MAX_IDS) ids.add(id);
}
