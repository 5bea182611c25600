import { type Random, seededRandom, streams } from '../random.ts';
import type { ApiVersion } from './api-version.ts';
import { questions } from './text.ts';

/** The people and things of one slot of a run: one conversation, its contact, their ticket and company, one thing more. */
export interface Cast {
  readonly conversationId: string;
  /** The conversation's first message. */
  readonly messageId: string;
  readonly contactId: string;
  readonly externalId: string | null;
  readonly ticketId: string;
  readonly companyId: string;
  /** Whatever else a notification may be about: an article, a call, an admin. Digits. */
  readonly thingId: string;
  readonly name: string | null;
  readonly email: string;
  readonly city: string | null;
  /** What the customer wants to know, as plain text. */
  readonly question: string;
}

/** All that an item is built from. Times are unix seconds. */
export interface Scene {
  readonly random: Random;
  readonly cast: Cast;
  readonly appId: string;
  /** What the app is set to; it decides some shapes. */
  readonly apiVersion: ApiVersion;
  /** When the subject came to be. */
  readonly openedAtS: number;
  /** When this happened to it. */
  readonly atS: number;
  /** The how-manieth notification about its subject this is, from 1. */
  readonly sequence: number;
  /** The id for the part that this notification adds; rises along a run. */
  readonly partId: string;
}

/** The JSON object at `data.item`, or one inside it. */
export type Item = Readonly<Record<string, unknown>>;

/** How one topic's item is made; pure. */
export type Build = (scene: Scene) => Item;

type Person = Pick<Cast, 'name' | 'email' | 'city'>;

/** Names and addresses that have broken receivers: none, empty, combining marks, right to left, quotes, astral planes. */
const people: readonly [Person, ...Person[]] = [
  { name: 'Ada Whitfield', email: 'ada.whitfield@example.com', city: 'Leeds' },
  { name: null, email: '', city: null },
  { name: 'Zoë Ångström-Núñez', email: 'zoe+intercom@example.org', city: 'Göteborg' },
  { name: '山田 太郎', email: 'taro@example.jp', city: '東京' },
  { name: 'ليلى حدّاد', email: 'layla@example.net', city: 'بيروت' },
  { name: '"Bobby" O\'Tables \\', email: "o'tables@example.com", city: 'Cork' },
  { name: '', email: 'no-name@example.com', city: null },
  { name: 'Priya 🌻 Raman', email: '', city: 'சென்னை' },
];

/** Ids of one kind and seed are a block of a million numbers, so that no two slots of a run share one. */
const IDS_PER_BLOCK = 1_000_000;
/** Blocks of one kind; the highest id is 5 × 10^15 + 10^15 < 2^53, so a receiver that reads it as a number gets it right. */
const BLOCKS = 1_000_000_000;
/** What is numbered apart from the others. */
const idKinds = { conversation: 1, ticket: 2, part: 3, unknown: 4, thing: 5 } as const;

/** @returns a numeric id as Intercom writes it; injective in `index` (0 … 999 999) for a given seed and kind */
export function numericId(kind: keyof typeof idKinds, seed: number, index: number): string {
  const leading = idKinds[kind];
  const block = seededRandom(seed, streams.ids, leading).int(BLOCKS);
  return String((leading * BLOCKS + block) * IDS_PER_BLOCK + index);
}

/** @returns the same cast for the same seed and slot, whatever happens in the run */
export function castOf(seed: number, slot: number): Cast {
  const random = seededRandom(seed, streams.cast, slot);
  return {
    conversationId: numericId('conversation', seed, slot),
    ticketId: numericId('ticket', seed, slot),
    thingId: numericId('thing', seed, slot),
    messageId: String(3_000_000_000 + random.int(1_000_000_000)),
    contactId: random.hex(24),
    companyId: random.hex(24),
    externalId: random.oneIn(5) ? null : random.uuid(),
    ...random.pick(people),
    question: random.pick(questions),
  };
}
