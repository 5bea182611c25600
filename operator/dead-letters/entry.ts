import type { MsgHdrs } from '@nats-io/transport-node';
import * as z from 'zod';
import { DEAD_LETTER_HEADERS, HEADERS, NO_HANDLER } from '#shared/contract.ts';
import { open } from '#shared/envelope.ts';
import { decodeHeader, decodeList } from '#shared/header.ts';

/** A dead letter as the stream gives it, without its body. */
export interface Letter {
  /** Its place in the stream of dead letters. */
  readonly sequence: number;
  readonly storedAtMs: number;
  /** `icw.<webhook>.dlq.<handler>.<topic>` */
  readonly subject: string;
  readonly headers: MsgHdrs;
  readonly bodyBytes: number;
}

const time = z.iso.datetime();

/** What people and programs get to see of a dead letter: everything but its body. Times in RFC 3339, UTC. */
export const DeadLetterEntry = z.object({
  sequence: z.int().positive(),
  storedAt: time,
  /** When the stream forgets it; null where it says nothing of that. */
  expiresAt: time.nullable(),
  /** Who did not take it; {@link NO_HANDLER} where the ingress could not read it. */
  handler: z.string(),
  /** As Intercom wrote it; where no header says, as it stands in the subject. */
  topic: z.string(),
  reason: z.string(),
  detail: z.string(),
  /** Completed calls. */
  attempts: z.int().nonnegative(),
  firstAt: time.nullable(),
  lastAt: time.nullable(),
  /** The beginning of the handler's last answer; null where there was none. */
  answer: z.string().nullable(),
  /** Of the notification, as are the next: empty or null where the letter does not say. */
  id: z.string(),
  appId: z.string(),
  key: z.string(),
  createdAt: time.nullable(),
  receivedAt: time.nullable(),
  contacts: z.array(z.string()),
  conversations: z.array(z.string()),
  bodyBytes: z.int().nonnegative(),
  /** Whether it had been a dead letter before, was redriven, and was not taken again. */
  wasRedriven: z.boolean(),
  /** Why it can never be redriven; null where it can, if its handler is still there. */
  refusal: z.string().nullable(),
});
export type DeadLetterEntry = z.output<typeof DeadLetterEntry>;

/** What a letter is counted and chosen by, read without the rest: the client searches all headers for each name. */
export const readReason = ({ headers }: Letter): string => decodeHeader(headers.get(DEAD_LETTER_HEADERS.reason));
export const readId = ({ headers }: Letter): string => decodeHeader(headers.get(HEADERS.id));

/** Reads a dead letter's headers. Total: what is missing or malformed reads as empty, null or 0. */
export function readEntry(letter: Letter): DeadLetterEntry {
  const { sequence, storedAtMs, subject, headers, bodyBytes } = letter;
  const { handler, topic } = readSubject(subject);
  const text = (name: string): string => decodeHeader(headers.get(name));
  const at = (name: string): string | null => isoTime(wholeNumber(headers.get(name)));
  const createdAtSeconds = wholeNumber(headers.get(HEADERS.createdAt));
  const ttlSeconds = TTL.exec(headers.get('Nats-TTL'))?.[1];
  return {
    sequence,
    storedAt: isoTime(storedAtMs) ?? EPOCH,
    expiresAt: ttlSeconds === undefined ? null : isoTime(storedAtMs + Number(ttlSeconds) * 1000),
    handler,
    topic: headers.has(HEADERS.topic) ? text(HEADERS.topic) : topic,
    reason: readReason(letter),
    detail: text(DEAD_LETTER_HEADERS.detail),
    attempts: wholeNumber(headers.get(DEAD_LETTER_HEADERS.attempts)) ?? 0,
    firstAt: at(DEAD_LETTER_HEADERS.firstAt),
    lastAt: at(DEAD_LETTER_HEADERS.lastAt),
    answer: headers.has(DEAD_LETTER_HEADERS.answer) ? text(DEAD_LETTER_HEADERS.answer) : null,
    id: readId(letter),
    appId: text(HEADERS.appId),
    key: text(HEADERS.key),
    createdAt: createdAtSeconds === null ? null : isoTime(createdAtSeconds * 1000),
    receivedAt: at(HEADERS.receivedAt),
    contacts: decodeList(headers.get(HEADERS.contacts)),
    conversations: decodeList(headers.get(HEADERS.conversations)),
    bodyBytes,
    wasRedriven: headers.has(HEADERS.redrive),
    refusal: refusalOf(handler, headers),
  };
}

/** The tokens of a dead letter's subject; `topic` as `encodeTopic` wrote it. */
export function readSubject(subject: string): { webhook: string; handler: string; topic: string } {
  const [, webhook = '', , handler = '', ...topic] = subject.split('.');
  return { webhook, handler, topic: topic.join('.') };
}

/** Why a letter can never be redriven, whatever handlers there are; null where it can. */
export function refusalOf(handler: string, headers: MsgHdrs): string | null {
  if (handler === NO_HANDLER) return 'the ingress could not read it, so there is no handler it was meant for';
  const opened = open(headers);
  if (opened.kind === 'foreign') return `this release cannot read it: ${opened.reason}`;
  return opened.stored.key.includes('/') ? null : 'it does not say whose it is';
}

/** As `Nats-TTL` is written by those who store dead letters: whole seconds. */
const TTL = /^(\d{1,10})s$/;
const EPOCH = '1970-01-01T00:00:00.000Z';
/** The last millisecond of the year 9999, beyond which RFC 3339 has no years. */
const MAX_TIME_MS = 253_402_300_799_999;

const wholeNumber = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);
const isoTime = (ms: number | null): string | null =>
  ms === null || ms > MAX_TIME_MS ? null : new Date(ms).toISOString();
