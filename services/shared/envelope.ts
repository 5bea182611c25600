import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { FORMAT_VERSION, HEADERS, SUBJECTS } from './contract.ts';
import { decodeHeader, decodeList, encodeHeader, encodeList } from './header.ts';
import { keyText, slotOf } from './key.ts';
import { dedupId, type Notification } from './notification.ts';
import { encodeTopic } from './topic.ts';

/** A notification as it is stored: where, under which id, with which headers. The body goes beside it, untouched. */
export interface Envelope {
  readonly subject: string;
  readonly msgId: string;
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
}

export function seal(webhook: string, notification: Notification, receivedAtMs: number): Envelope {
  const hdrs = headers();
  hdrs.set(HEADERS.version, String(FORMAT_VERSION));
  hdrs.set(HEADERS.topic, encodeHeader(notification.topic));
  hdrs.set(HEADERS.id, encodeHeader(notification.id));
  hdrs.set(HEADERS.appId, encodeHeader(notification.appId));
  hdrs.set(HEADERS.key, encodeHeader(keyText(notification.key)));
  if (notification.createdAt !== null) hdrs.set(HEADERS.createdAt, String(notification.createdAt));
  hdrs.set(HEADERS.receivedAt, String(receivedAtMs));
  hdrs.set(HEADERS.deliveryAttempts, String(notification.deliveryAttempts));
  if (notification.contactIds.length > 0) hdrs.set(HEADERS.contacts, encodeList(notification.contactIds));
  if (notification.conversationIds.length > 0)
    hdrs.set(HEADERS.conversations, encodeList(notification.conversationIds));
  return {
    subject: SUBJECTS.notification(webhook, slotOf(notification.key), encodeTopic(notification.topic)),
    msgId: encodeHeader(dedupId(notification)),
    headers: hdrs,
  };
}

export type Opened = { kind: 'stored'; stored: Stored } | { kind: 'foreign'; reason: string };

/**
 * Reads the headers that {@link seal} wrote. A version newer than ours, none, or times that are no numbers mean that it
 * is foreign: kept, never guessed at.
 */
export function open(hdrs: MsgHdrs | undefined): Opened {
  const version = hdrs?.get(HEADERS.version) ?? '';
  if (hdrs === undefined || version !== String(FORMAT_VERSION)) {
    return { kind: 'foreign', reason: version === '' ? `no ${HEADERS.version} header` : `format version ${version}` };
  }
  const createdAt = wholeNumber(hdrs.get(HEADERS.createdAt));
  const receivedAtMs = wholeNumber(hdrs.get(HEADERS.receivedAt));
  if (receivedAtMs === null || (createdAt === null && hdrs.has(HEADERS.createdAt))) {
    return { kind: 'foreign', reason: 'a time that is no number' };
  }
  const stored = {
    topic: decodeHeader(hdrs.get(HEADERS.topic)),
    id: decodeHeader(hdrs.get(HEADERS.id)),
    appId: decodeHeader(hdrs.get(HEADERS.appId)),
    key: decodeHeader(hdrs.get(HEADERS.key)),
    createdAt,
    receivedAtMs,
  };
  return { kind: 'stored', stored };
}

/** The contact and conversation ids that a stored message mentions. */
export const mentions = (hdrs: MsgHdrs): { contacts: string[]; conversations: string[] } => ({
  contacts: decodeList(hdrs.get(HEADERS.contacts)),
  conversations: decodeList(hdrs.get(HEADERS.conversations)),
});

const wholeNumber = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);
