import * as z from 'zod';
import type { Stored } from '#shared/envelope.ts';
import { EVENT_NAME_RULE, isEventName } from './event-name.ts';

/**
 * What a handler may ask for in its answer. Fields are named as in Intercom's REST API (conversations/{id}/reply, /parts,
 * /tags, and events), limits are its limits where it documents any.
 */

/** Version of what is stored; a release reads its predecessor's. */
const VERSION = 1;

const ID_RULE = 'must be an id: a whole number, or up to 64 letters, digits, "-" and "_"';

/** Goes into paths of the REST API, where `last` would be another conversation than the one that is meant. */
const id = z
  .union([z.string().regex(/^(?!last$)[\w-]{1,64}$/, ID_RULE), z.int(ID_RULE).min(0, ID_RULE)], { error: ID_RULE })
  .transform(String);

/** A customer's own id for a contact: anything that can be written. */
const userId = z.string().regex(/^[^\p{Cc}]{1,255}$/u, 'must have 1 to 255 characters, and no control characters');

/** Intercom documents no limit. Two of these fill an answer. */
const body = z.string().min(1).max(32_768);

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);

const onConversation = {
  conversation_id: id.optional(),
  /** Whoever it is shown to have done it. */
  admin_id: id,
};
const written = { ...onConversation, body, attachment_urls: z.array(httpUrl).max(10).optional() };

const metadataValue = z.union(
  [
    z.string().max(255),
    z.number(),
    z.strictObject({ url: httpUrl, value: z.string().max(255) }),
    z.strictObject({
      amount: z.int(),
      currency: z.string().regex(/^[A-Za-z]{3}$/, 'must be a currency of three letters'),
    }),
  ],
  { error: 'must be a text of at most 255 characters, a number, {url, value} or {amount, currency}' },
);

/** Intercom ignores all but ten keys. */
const metadata = z
  .record(z.string().min(1).max(190), metadataValue)
  .refine((map) => Object.keys(map).length <= 10, 'must have at most 10 keys');

const DataEvent = z.strictObject({
  type: z.literal('data-event'),
  event_name: z.string().refine(isEventName, EVENT_NAME_RULE),
  /** 253402300799 is the end of the year 9999: what is above was meant in milliseconds. */
  created_at: z.int().min(0).max(253_402_300_799, 'must be in seconds since 1970').optional(),
  contact_id: id.optional(),
  user_id: userId.optional(),
  metadata: metadata.optional(),
});

export const AskedEffect = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('reply'), ...written }),
    z.strictObject({ type: z.literal('note'), ...written }),
    z.strictObject({ type: z.literal('tag'), ...onConversation, tag_id: id }),
    z.strictObject({
      type: z.literal('assign'),
      ...onConversation,
      assignee_type: z.enum(['admin', 'team']),
      /** 0 takes it from whoever has it. */
      assignee_id: id,
    }),
    z.strictObject({ type: z.literal('close'), ...onConversation }),
    DataEvent,
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? 'must be one of reply, note, tag, assign, close, data-event' : undefined,
  },
);

type Asked = z.output<typeof AskedEffect>;
type Target = { contact_id: string } | { user_id: string };

/** As it is stored: nothing is left to be known from elsewhere. */
export type Effect =
  | (Exclude<Asked, { type: 'data-event' }> & { conversation_id: string })
  | (Omit<z.output<typeof DataEvent>, 'contact_id' | 'user_id'> & { created_at: number } & Target);

/** What of a notification stands in for what an effect leaves out. */
export type About = Pick<Stored, 'key' | 'createdAt' | 'receivedAtMs'>;

export type Completed = { kind: 'effect'; effect: Effect } | { kind: 'lacking'; field: string; problem: string };

/**
 * Fills in what the handler left out: the conversation or contact that the notification is about, where it is about one,
 * and its time. All of it is the same whenever the notification comes again.
 */
export function complete(asked: Asked, about: About): Completed {
  if (asked.type !== 'data-event') {
    const conversation_id = asked.conversation_id ?? idIn(about.key, 'conversation');
    if (conversation_id === null) return lacking('conversation_id', 'a conversation');
    return { kind: 'effect', effect: { ...asked, conversation_id } };
  }
  const { contact_id: given, user_id, ...event } = asked;
  const created_at = event.created_at ?? about.createdAt ?? Math.floor(about.receivedAtMs / 1000);
  if (user_id !== undefined) {
    if (given === undefined) return { kind: 'effect', effect: { ...event, created_at, user_id } };
    return { kind: 'lacking', field: 'user_id', problem: 'cannot stand beside contact_id' };
  }
  const contact_id = given ?? idIn(about.key, 'contact');
  if (contact_id === null) return lacking('contact_id', 'a contact');
  return { kind: 'effect', effect: { ...event, created_at, contact_id } };
}

const lacking = (field: string, what: string): Completed => ({
  kind: 'lacking',
  field,
  problem: `is needed: the notification is not about ${what}`,
});

function idIn(key: string, kind: 'conversation' | 'contact'): string | null {
  const found = id.safeParse(key.startsWith(`${kind}/`) ? key.slice(kind.length + 1) : '');
  return found.success ? found.data : null;
}

export const encodeEffect = (effect: Effect): string => JSON.stringify({ v: VERSION, effect });

const Versioned = z.object({ v: z.int().min(1), effect: z.unknown() });

/**
 * Reads a stored effect.
 * @throws Error when a newer release wrote it, or nobody of us did
 */
export function decodeEffect(text: string): Effect {
  const { v, effect } = Versioned.parse(JSON.parse(text));
  if (v > VERSION) throw new Error(`an effect has format version ${v}, this release reads up to ${VERSION}`);
  const completed = complete(AskedEffect.parse(effect), { key: '', createdAt: null, receivedAtMs: 0 });
  if (completed.kind === 'lacking') throw new Error(`a stored effect lacks ${completed.field}`);
  return completed.effect;
}

/** Whom an effect names by itself, so that it is found with all else that is stored about them. */
export const idsIn = (effect: Effect): { contacts: readonly string[]; conversations: readonly string[] } => {
  if (effect.type !== 'data-event') return { contacts: [], conversations: [effect.conversation_id] };
  return { contacts: ['contact_id' in effect ? effect.contact_id : effect.user_id], conversations: [] };
};
