import * as z from 'zod';

/**
 * What one ingress process saw since it started, as it serves it and the operator reads it. Times are whole seconds since
 * 1970 by the clock of its node; those of several nodes are compared as they are. Nothing of a body is in it.
 */

/** A release reads its predecessor's; fields may be added under the same version. */
export const OBSERVATION_VERSION = 1;

/** Answers are remembered for so long: the 15 minutes by which Intercom counts, and one for who reads late. */
export const REMEMBERED_SECONDS = 16 * 60;

/** Those that a resource can declare, and those that its status can list as undeclared. */
export const MAX_DECLARED_TOPICS = 500;
export const MAX_UNDECLARED_TOPICS = 200;
/** Longer ones cannot be declared, and are not listed. */
export const MAX_TOPIC_LENGTH = 512;

const name = z.string().max(253);
/** Up to the year 9999, as times are written with four digits. */
const second = z.int().min(0).max(253_402_300_799);
const count = z.int().min(0);

/** One second in which something was answered. */
export type AnswerRow = readonly [
  second: number,
  /** Signed, and answered 200. */
  ok: number,
  /** Answered otherwise, and Intercom's own as far as that can be told: it counts them. */
  errors: number,
  /** All else, whatever the answer: Intercom does not know of them, or they say nothing about it. */
  others: number,
  /** Stored ones that Intercom had sent before: among the first. */
  redeliveries: number,
];

/** By hand, as there are up to 960: zod's tuples would take three times as long. */
const isAnswerRow = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 5 && value.every((part) => Number.isSafeInteger(part) && part >= 0);

export const Observation = z.object({
  version: z.literal(OBSERVATION_VERSION),
  namespace: name,
  webhook: name,
  pod: name,
  startedAt: second,
  /** In the order of time. */
  answers: z.array(z.custom<AnswerRow>(isAnswerRow)).max(REMEMBERED_SECONDS),
  /** Topics of notifications that were stored, and when each last came. */
  topics: z.array(z.tuple([z.string().max(MAX_TOPIC_LENGTH), second])).max(MAX_DECLARED_TOPICS + MAX_UNDECLARED_TOPICS),
  /** When the secret in each place of `spec.signing.secretKeyRefs` last verified something; null for never. */
  signedAt: z.tuple([second.nullable(), second.nullable(), second.nullable()]),
  /** Signed ones alone. */
  lastPingAt: second.nullable(),
  lastNotificationAt: second.nullable(),
  /** Of requests with Intercom's user agent whose signature was wrong, malformed or missing. */
  lastRefusedAt: second.nullable(),
  /** What waits on the disk for the broker; null while it is being opened. */
  spool: z.object({ records: count, bytes: count }).nullable(),
});
export type Observation = z.output<typeof Observation>;
