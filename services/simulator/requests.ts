import { z } from 'zod';
import { apiVersions } from './bodies/api-version.ts';
import { topics, usualTopics } from './catalogue.ts';
import { plannedTotal } from './plan.ts';

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}

/** Where the notifications go, and as whom: what a person enters in the Developer Hub. */
export const SubscriptionRequest = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'give an http or https URL' })
    .max(2048)
    .refine((url) => !hasCredentials(url), 'leave out user and password: they would not be sent')
    .describe('Endpoint URL'),
  secret: z.string().min(1).max(256).describe("The app's client secret"),
  appId: z.string().min(1).max(64).describe("The workspace's id code, `app_id` in every notification"),
  apiVersion: z.enum(apiVersions).default('2.14').describe('API version the app is set to'),
  accessToken: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'give what can stand in a header')
    .max(256)
    .optional()
    .describe("The app's token for the REST API"),
});

/** Ids are drawn from blocks of a million (bodies/scene.ts); half of one leaves room for slots beside the notifications. */
export const MAX_PER_RUN = 500_000;
const MAX_OUTAGE_MS = 86_400_000;

/** The first that is wrong, for a list of a hundred choices helps nobody. */
function topicAdvice({ input }: { readonly input?: unknown }): string {
  const asked: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (asked.length === 0) return 'name one topic at least, or say all';
  if (asked.length > 1 && asked.includes('all')) return 'all stands alone: leave out the other names';
  const wrong = asked.find((topic) => !(topics as readonly unknown[]).includes(topic));
  if (typeof wrong === 'string' && /[,\s]/.test(wrong))
    return `${JSON.stringify(wrong)} is more than one name: give each by itself, as in a b`;
  return `Intercom has no topic ${JSON.stringify(wrong ?? null)}; services/simulator/catalogue/topic-names.ts lists them, or say all`;
}

const amount = z.int().min(0).max(MAX_PER_RUN);

/**
 * What to send: `count` good notifications, and on top of them those of the audience, duplicates, replays, forgeries and
 * unknown topics. The others say how the good ones leave.
 */
export const SendRequest = z
  .strictObject({
    count: amount.describe('Notifications that Intercom would send'),
    ratePerSecond: z
      .number()
      .min(0.01, 'give 0.01 or more a second')
      .max(50_000, 'give 50000 a second at most')
      .describe('All kinds together'),
    seed: z.int().min(0).max(0xffff_ffff).optional().describe('Same seed, same notifications; drawn where absent'),
    conversations: z.int().min(1).max(100_000).default(50).describe('How many conversations they are spread over'),
    topics: z
      .union([z.literal('all'), z.tuple([z.enum(topics)], z.enum(topics))], { error: topicAdvice })
      .default([...usualTopics])
      .describe('Which topics; the usual ten by default, `all` for all of the API version'),
    audience: z.int().min(0).max(100_000).default(0).describe('A mass message to so many: five content stats each'),
    duplicates: amount.default(0).describe('Sent once more soon after, byte for byte'),
    replays: amount.default(0).describe('Sent once more at the very end, byte for byte, by a stranger'),
    forgeries: amount.default(0).describe('With a wrong signature, or with none'),
    unknownTopics: amount.default(0).describe('Of topics that are not in the catalogue'),
    outOfOrder: amount.default(0).describe('Leave after the next one of their subject'),
    slowBodies: amount.default(0).describe('Bodies that dribble over three fifths of the patience'),
    aborted: amount.default(0).describe('Requests that the sender breaks off in mid-body, and repeats'),
    outageMs: z
      .number()
      .min(0)
      .max(MAX_OUTAGE_MS, 'an outage lasts a day at most')
      .default(0)
      .describe('Intercom is down for so long from the middle on'),
  })
  .refine(({ count, duplicates }) => count > 0 || duplicates === 0, {
    path: ['duplicates'],
    message: 'there is nothing to send twice when count is 0',
  })
  .refine(({ count, replays }) => count > 0 || replays === 0, {
    path: ['replays'],
    message: 'there is nothing to replay when count is 0',
  })
  .refine(({ count, outOfOrder }) => outOfOrder <= count, {
    path: ['outOfOrder'],
    message: 'no more than count can be out of order',
  })
  .refine(({ count, slowBodies, aborted }) => slowBodies + aborted <= count, {
    path: ['slowBodies'],
    message: 'slow bodies and aborted requests together can be no more than count',
  })
  .refine((request) => plannedTotal(request) <= MAX_PER_RUN, {
    path: ['count'],
    message: `one run sends at most ${MAX_PER_RUN} notifications of all kinds`,
  });

const durationMs = z
  .number()
  .min(1)
  .max(8 * 86_400_000);

/** How Intercom is to behave from now on; what is absent is Intercom's own, shortened by `speed`. */
export const PolicyRequest = z
  .strictObject({
    speed: z
      .number()
      .min(1, 'give 1 or more')
      .max(1_000_000, 'give 1000000 at most')
      .describe('60 lets a minute of Intercom last a second'),
    app: z.enum(['private', 'public']).describe('Public apps are never suspended'),
    maxConsecutiveErrors: z.int().min(1).max(100_000).describe('More errors in a row are a pause'),
    retryAfterMs: durationMs,
    errorWindowMs: durationMs.describe('They must lie within this'),
    pauseMs: durationMs,
    suspendAfterMs: durationMs.describe('Errors for longer are a suspension'),
    throttleFromMs: durationMs.describe('Delay after the first answer 429'),
    throttleToMs: durationMs.describe('Longest delay'),
    maxLateMs: durationMs.describe('What throttling makes later is dropped'),
    lowPriorityDelayMs: durationMs.describe('Delay after a slow answer'),
  })
  .partial();

export type SubscriptionRequest = z.output<typeof SubscriptionRequest>;
export type SubscriptionInput = z.input<typeof SubscriptionRequest>;
export type SendRequest = z.output<typeof SendRequest>;
export type SendInput = z.input<typeof SendRequest>;
