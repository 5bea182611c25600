import { z } from 'zod';
import { topics } from './catalogue.ts';

/** Where the notifications go, and as whom: what a person enters in the Developer Hub. */
export const SubscriptionRequest = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .describe('Endpoint URL'),
  secret: z.string().min(1).max(256).describe("The app's client secret"),
  appId: z.string().min(1).max(64).describe("The workspace's id code, `app_id` in every notification"),
});

/** Ids are drawn from blocks of a million (bodies/scene.ts); half of one leaves room for slots beside the notifications. */
const MAX_PER_RUN = 500_000;

const amount = z.int().min(0).max(MAX_PER_RUN);

/** What to send. `count` good notifications; duplicates, forgeries and unknown topics come on top of it. */
export const SendRequest = z
  .strictObject({
    count: amount.describe('Notifications that Intercom would send'),
    ratePerSecond: z.number().min(0.01).max(50_000).describe('All kinds together'),
    seed: z.int().min(0).max(0xffff_ffff).optional().describe('Same seed, same notifications; drawn where absent'),
    conversations: z.int().min(1).max(100_000).default(50).describe('How many conversations they are spread over'),
    duplicates: amount.default(0).describe('Sent once more, byte for byte'),
    forgeries: amount.default(0).describe('With a wrong signature, or with none'),
    unknownTopics: amount.default(0).describe('Of topics that are not in the catalogue'),
    topics: z
      .tuple([z.enum(topics)], z.enum(topics))
      .default(topics)
      .describe('Which topics; all by default'),
  })
  .refine(({ count, duplicates }) => count > 0 || duplicates === 0, {
    path: ['duplicates'],
    message: 'there is nothing to send twice when count is 0',
  })
  .refine((request) => request.count + request.duplicates + request.forgeries + request.unknownTopics <= MAX_PER_RUN, {
    path: ['count'],
    message: `one run sends at most ${MAX_PER_RUN} notifications of all kinds`,
  });

export type SubscriptionRequest = z.output<typeof SubscriptionRequest>;
export type SendRequest = z.output<typeof SendRequest>;
export type SendInput = z.input<typeof SendRequest>;
