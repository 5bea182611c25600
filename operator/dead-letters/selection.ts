import * as z from 'zod';
import { NO_HANDLER, SUBJECTS } from '#shared/contract.ts';
import { encodeTopic } from '#shared/topic.ts';
import { type Letter, readId, readReason } from './entry.ts';

/** Requests bound what they name: each of these is compared with every letter that is looked at. */
const MAX_IDS = 100;
const MAX_SEQUENCES = 1_000;

const rfc3339 = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-01T09:30:00Z' });

/** One value of a query is no list yet. */
const list = <T extends z.ZodType>(schema: z.ZodArray<T>) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), schema);

/** Which letters of a webhook are meant: those for which all that is named holds. */
export const FILTER_FIELDS = {
  handler: z
    .string()
    .regex(/^(?:_ingress|[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?)$/, `must be the name of a handler, or ${NO_HANDLER}`)
    .optional(),
  reason: z
    .string()
    .regex(/^[A-Za-z]{1,40}$/, 'must be a reason such as AttemptsExhausted')
    .optional(),
  topic: z.string().min(1).max(2048).optional(),
  /** Ids of notifications. */
  ids: list(z.array(z.string().min(1).max(300)).min(1).max(MAX_IDS)).optional(),
  /** Of the time at which they became dead letters, the first included, the second not. */
  since: rfc3339.optional(),
  until: rfc3339.optional(),
} as const;

export const Filter = z.strictObject(FILTER_FIELDS);
export type Filter = z.output<typeof Filter>;

export const Sequences = z.array(z.int().positive()).min(1).max(MAX_SEQUENCES);

/** What is to be redriven or dropped. */
export type Selection =
  | { readonly kind: 'sequences'; readonly sequences: readonly number[] }
  | { readonly kind: 'matching'; readonly filter: Filter };

/** What the server can choose by: handler and topic, as one subject. */
export const filterSubject = (webhook: string, { handler, topic }: Filter): string =>
  SUBJECTS.deadLetter(webhook, handler ?? '*', topic === undefined ? '>' : encodeTopic(topic));

/** Whether a letter under {@link filterSubject} is meant. */
export function compileFilter({ reason, ids, since, until }: Filter): (letter: Letter) => boolean {
  const idSet = ids === undefined ? null : new Set(ids);
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  return (letter) =>
    letter.storedAtMs >= sinceMs &&
    letter.storedAtMs < untilMs &&
    (reason === undefined || readReason(letter) === reason) &&
    (idSet === null || idSet.has(readId(letter)));
}
