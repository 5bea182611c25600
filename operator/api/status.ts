import * as z from 'zod';
import { atomic, flag, listMap, text, time } from './fields.ts';

/** What the operator reports. Every field may be missing: a new resource has no status. */

const count = (description: string) => z.int32().min(0).describe(description).exactOptional();
const many = (description: string) => z.int().min(0).meta({ description, format: 'int64' }).exactOptional();
const label = (max: number, description: string) => z.string().max(max).describe(description);
const topicNames = (description: string) =>
  z
    .array(z.string().max(512))
    .max(200)
    .meta({ description, ...atomic })
    .exactOptional();

const Condition = z.object({
  type: text(316, 'What the condition is about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: many('Generation of the resource that it was computed from.'),
  lastTransitionTime: time('When `status` last changed.'),
  reason: text(1024, 'Why, as one word for programs.'),
  message: label(32_768, 'Why, as a sentence for people, with what to do.'),
});
export type Condition = z.output<typeof Condition>;

const HandlerStatus = z.object({
  name: label(30, 'Name of the handler.'),
  replicas: count('Pods that are ready.'),
  lag: many('Notifications that wait for it.'),
  oldestUnhandled: label(32, 'Age of the oldest one that waits.').exactOptional(),
  deadLetters: many('Notifications it failed to handle.'),
});

export const Status = z.object({
  observedGeneration: many('Generation of the resource that this status describes.'),
  operator: label(
    63 + 1 + 253,
    'Operator that looks after the resource: `<namespace>/<Lease>`. Others leave it alone.',
  ).exactOptional(),
  conditions: z
    .array(Condition)
    .max(32)
    .meta({ description: 'What holds and what does not; Ready sums up what delivery needs.', ...listMap('type') })
    .exactOptional(),
  endpoint: z
    .object({
      url: label(2048, 'URL to enter at Intercom.').exactOptional(),
      lastPingAt: time('Last ping of Intercom.').exactOptional(),
      lastNotificationAt: time('Last notification of Intercom.').exactOptional(),
    })
    .describe('The webhook as Intercom sees it.')
    .exactOptional(),
  developerHub: z
    .array(z.object({ step: text(512, 'What to do there.'), done: flag('Whether it was seen to be done.') }))
    .max(200)
    .meta({
      description: 'What a person must click in the Developer Hub of Intercom; there is no API for it.',
      ...atomic,
    })
    .exactOptional(),
  budget: z
    .object({
      errors15m: count('Errors answered within 15 minutes.'),
      streak: count('Errors since the last answer that was none.'),
      remaining: count('Further errors in a row until Intercom pauses the webhook.'),
      redeliveries: count('Notifications that Intercom sent again within 15 minutes: errors that we did not see.'),
    })
    .describe('How near Intercom is to pausing the webhook: after 1000 errors in a row within 15 minutes.')
    .exactOptional(),
  totals: z
    .object({
      lag: many('Notifications that wait, over all handlers.'),
      deadLetters: many('Dead letters, over all handlers.'),
    })
    .describe('Sums over the handlers, for `kubectl get`.')
    .exactOptional(),
  handlers: z
    .array(HandlerStatus)
    .max(16)
    .meta({ description: 'One entry per handler.', ...listMap('name') })
    .exactOptional(),
  signing: z
    .array(
      z.object({
        name: label(253, 'Name of the Secret.'),
        key: label(253, 'Key inside it.'),
        lastSignedAt: time('When it last verified a notification; none = never seen.').exactOptional(),
        supersededAt: time(
          'Since when other keys alone have signed; none = it is the last that did, or never did.',
        ).exactOptional(),
        mayGo: z
          .boolean()
          .describe('Whether to take it out of spec.signing.secretKeyRefs is safe: others alone have signed for a day.')
          .exactOptional(),
      }),
    )
    .max(3)
    .meta({
      description: 'Which secret is in use, and of several which may go: the old one of a rotation that signs no more.',
      ...atomic,
    })
    .exactOptional(),
  topics: z
    .object({
      undeclaredSeen: topicNames('Topics that arrive but are not in spec.topics; no handler gets them.'),
      declaredNeverSeen: topicNames('Topics in spec.topics that never arrived: subscribed at Intercom?'),
      renamed: z
        .array(z.object({ from: label(512, 'Old name of the topic.'), to: label(512, 'Its name of today.') }))
        .max(200)
        .meta({ description: 'Declared topics that Intercom has renamed.', ...atomic })
        .exactOptional(),
    })
    .describe('Declared topics against those that arrive.')
    .exactOptional(),
  allowlist: z
    .object({
      ranges: count('Address ranges in force.'),
      fetchedAt: time('When they were fetched.').exactOptional(),
      source: label(64, 'Where they came from: Intercom or ConfigMap.').exactOptional(),
    })
    .describe('The list of addresses that Intercom sends from.')
    .exactOptional(),
});
export type Status = z.output<typeof Status>;
