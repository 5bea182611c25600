import { z } from 'zod';
import type { Item } from '../bodies/scene.ts';

export interface Author {
  readonly type: 'admin' | 'user';
  readonly id: string;
  readonly name: string | null;
  readonly email: string;
}

/** A part of a conversation that came by the REST API. */
export interface ReplyPart extends Item {
  readonly id: string;
  readonly part_type: string;
  readonly author: Author;
  readonly updated_at: number;
}

/** As many parts of one conversation as Intercom ever returns, the latest. */
const MAX_PARTS = 500;

const noParts = { conversation_parts: [], total_count: 0 };

/** What is read of a notification's item; everything else is passed on as it is. */
const ConversationItem = z.looseObject({
  state: z.string(),
  source: z.looseObject({
    author: z.looseObject({ id: z.string(), name: z.string().nullable(), email: z.string() }),
  }),
  contacts: z.looseObject({ contacts: z.array(z.looseObject({ id: z.string(), external_id: z.string().nullable() })) }),
  statistics: z.record(z.string(), z.unknown()).nullable(),
  conversation_parts: z.looseObject({
    conversation_parts: z.array(z.record(z.string(), z.unknown())),
    total_count: z.int(),
  }),
});

export type ConversationItem = z.output<typeof ConversationItem>;

const Notification = z.object({ topic: z.string(), data: z.object({ item: z.record(z.string(), z.unknown()) }) });

/** What a notification says, as far as a conversation is concerned. */
export interface Told {
  readonly topic: string;
  readonly item: Item;
}

/** @param bytes a notification in the shape of API versions up to 2.14: like the REST API, they have HTML */
export function toldBy(bytes: Buffer): Told {
  const { topic, data } = Notification.parse(JSON.parse(bytes.toString('utf8')));
  return { topic, item: data.item };
}

/**
 * The conversation as `GET /conversations/{id}` has it after one more notification: the state is the notification's, its
 * parts join the earlier ones.
 * @param before null when nothing was known of it
 * @returns null when there is no such conversation any more; `before` when the item is not a conversation, as where
 * somebody was attached to one
 */
export function afterNotification(before: ConversationItem | null, { topic, item }: Told): ConversationItem | null {
  if (topic === 'conversation.deleted') return null;
  const parsed = ConversationItem.safeParse(item);
  if (!parsed.success) return before;
  return withParts({ ...item, ...parsed.data }, before, parsed.data.conversation_parts.conversation_parts);
}

/** The conversation after a reply by the REST API. */
export function afterReply(before: ConversationItem, part: ReplyPart): ConversationItem {
  return withParts({ ...before, ...changesBy(part) }, before, [part]);
}

function withParts(now: ConversationItem, before: ConversationItem | null, added: readonly Item[]): ConversationItem {
  const { conversation_parts: earlier, total_count: count } = before?.conversation_parts ?? noParts;
  const total_count = count + added.length;
  const conversation_parts = [...earlier, ...added].slice(-MAX_PARTS);
  return {
    ...now,
    statistics: now.statistics === null ? null : restStatistics(now.statistics, total_count),
    conversation_parts: { type: 'conversation_part.list', conversation_parts, total_count },
  };
}

/** A contact who writes waits again, and reopens what was closed; a teammate's words end the waiting, a note does not. */
function changesBy({ part_type: partType, author, updated_at }: ReplyPart) {
  if (author.type === 'user') return { updated_at, waiting_since: updated_at, state: 'open', open: true };
  return partType === 'note' ? { updated_at } : { updated_at, waiting_since: null };
}

/** The REST API gives unix seconds where webhooks up to 2.14 have ISO 8601. */
function restStatistics(statistics: Item, partCount: number): Record<string, unknown> {
  const entries = Object.entries(statistics).map(([key, value]) =>
    key.endsWith('_at') && typeof value === 'string' ? [key, Date.parse(value) / 1000] : [key, value],
  );
  return { ...Object.fromEntries(entries), count_conversation_parts: partCount };
}
