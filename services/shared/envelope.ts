import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import { FORMAT_VERSION, HEADERS, SUBJECTS } from './contract.ts';
import { decodeHeader, decodeList, encodeHeader, encodeList } from './header.ts';
import { keyText, slotOf } from './key.ts';
import { dedupId, type Notification } from './notification.ts';
import { encodeTopic } from './topic.ts';

/** A notification as it is stored: where, and with which headers. The body goes beside it, untouched. */
export interface Envelope {
  readonly stream: 'events' | 'dead-letters';
  readonly subject: string;
  /** Whose it is: what is kept in order. */
  readonly key: string;
  readonly msgId: string;
  /** `msgId` among them: what is stored twice under one id within the stream's window is stored once. */
  readonly headers: MsgHdrs;
}

/** What the worker reads back without parsing the body. */
export interface Stored {
  readonly topic: string;
  readonly id: string;
  readonly appId: string;
  /** `conversation/123` */
  readonly key: string;
  /** Unix seconds, or null. */
  readonly createdAt: number | null;
  /** When the ingress took it, milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** {@link HEADERS.redrive}; empty where it never was a dead letter. */
  readonly redrive: string;
}

export function seal(webhook: string, notification: Notification, receivedAtMs: number): Envelope {
  const { topic, id, appId, key, createdAt, deliveryAttempts, contactIds, conversationIds } = notification;
  const msgId = encodeHeader(dedupId(notification));
  const ownerKey = encodeHeader(keyText(key));
  const fields: Record<string, string[]> = {
    [MSG_ID]: [msgId],
    [HEADERS.version]: [String(FORMAT_VERSION)],
    [HEADERS.topic]: [encodeHeader(topic)],
    [HEADERS.id]: [encodeHeader(id)],
    [HEADERS.appId]: [encodeHeader(appId)],
    [HEADERS.key]: [ownerKey],
    [HEADERS.receivedAt]: [String(receivedAtMs)],
    [HEADERS.deliveryAttempts]: [String(deliveryAttempts)],
  };
  if (createdAt !== null) fields[HEADERS.createdAt] = [String(createdAt)];
  if (contactIds.length > 0) fields[HEADERS.contacts] = [encodeList(contactIds)];
  if (conversationIds.length > 0) fields[HEADERS.conversations] = [encodeList(conversationIds)];
  return {
    stream: 'events',
    subject: SUBJECTS.notification(webhook, slotOf(key), encodeTopic(topic)),
    key: ownerKey,
    msgId,
    // Not set one by one: the client would search all names before each, 2 µs a notification.
    headers: MsgHdrsImpl.fromRecord(fields),
  };
}

export type Opened = { kind: 'stored'; stored: Stored } | { kind: 'foreign'; reason: string };

/**
 * Reads the headers that {@link seal} wrote. A version newer than ours, none, or times that are no numbers mean that it
 * is foreign: kept, never guessed at.
 */
export function open(hdrs: MsgHdrs | undefined): Opened {
  // Read in one go: the client's `get` goes through all names each time.
  const values = new Map<string, string>();
  for (const [name, [value = '']] of hdrs ?? []) values.set(name, value);
  const valueOf = (name: string): string => values.get(name) ?? '';
  const version = valueOf(HEADERS.version);
  if (version !== String(FORMAT_VERSION)) {
    return { kind: 'foreign', reason: version === '' ? `no ${HEADERS.version} header` : `format version ${version}` };
  }
  const createdAt = wholeNumber(valueOf(HEADERS.createdAt));
  const receivedAtMs = wholeNumber(valueOf(HEADERS.receivedAt));
  if (receivedAtMs === null || (createdAt === null && values.has(HEADERS.createdAt))) {
    return { kind: 'foreign', reason: 'a time that is no number' };
  }
  const stored = {
    topic: decodeHeader(valueOf(HEADERS.topic)),
    id: decodeHeader(valueOf(HEADERS.id)),
    appId: decodeHeader(valueOf(HEADERS.appId)),
    key: decodeHeader(valueOf(HEADERS.key)),
    createdAt,
    receivedAtMs,
    redrive: valueOf(HEADERS.redrive),
  };
  return { kind: 'stored', stored };
}

/** The contact and conversation ids that a stored message mentions. */
export const mentions = (hdrs: MsgHdrs): { contacts: string[]; conversations: string[] } => ({
  contacts: decodeList(hdrs.get(HEADERS.contacts)),
  conversations: decodeList(hdrs.get(HEADERS.conversations)),
});

/** JetStream's own: what it recognises duplicates by. */
export const MSG_ID = 'Nats-Msg-Id';

const wholeNumber = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);
