import * as z from 'zod';
import { parseDurationMs } from './duration.ts';
import { atomic, byteSize, duration, filled, flag, listMap, objectName, secretKeyRef } from './fields.ts';
import { templateRules } from './pod-template.ts';
import { broken, type Problem, type Rule, validations } from './rules.ts';
import { Allowlist, allowlistRules, Endpoint, endpointRules } from './spec-endpoint.ts';
import { Handler, handlerRules, handlerScalingRules, retryRules, topics } from './spec-handler.ts';
import { containerRules, httpRules } from './spec-handler-target.ts';
import { Receiver, receiverScalingRules } from './spec-receiver.ts';
import { Status } from './status.ts';

/**
 * The IntercomWebhook resource: the declaration of one Developer Hub app's webhook. The CRD, the types and the checks of
 * the local mode all come from here. Within v1alpha1 fields are only added.
 */

export const GROUP = 'intercom-operator.io';
export const VERSION = 'v1alpha1';
export const KIND = 'IntercomWebhook';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Maps handler names to argument lists, as JSON: what the local mode runs in place of a handler's image. */
export const LOCAL_COMMAND_ANNOTATION = `local.${GROUP}/command`;

const Workspace = z.object({
  id: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/)
    .describe('Id of the workspace, the `app_id` of its notifications.'),
  region: z.enum(['US', 'EU', 'AU']).default('US').describe('Where it is hosted; decides every host we call.'),
  accessToken: z
    .object({ secretKeyRef: secretKeyRef('Secret that holds the token.') })
    .describe('Access token for calls to Intercom; none = no calls.')
    .exactOptional(),
});

const RetentionFields = z.object({
  events: duration('How long notifications are stored, handled or not.').default('168h'),
  deadLetters: duration('How long dead letters are stored.').default('336h'),
  claims: duration('How long it is remembered what was handled; at most 8760h.').default('336h'),
  maxBytes: byteSize('Largest size of the stored notifications; when full, new ones wait in the spool.').default('1Gi'),
});
export type Retention = z.output<typeof RetentionFields>;

const atLeast = (field: 'events' | 'deadLetters', why: string): Rule<Retention> => ({
  rule: `duration(self.claims) >= duration(self.${field})`,
  message: `must be at least retention.${field}, or ${why}`,
  fieldPath: '.claims',
  holds: (self) => parseDurationMs(self.claims) >= parseDurationMs(self[field]),
});

export const retentionRules: readonly Rule<Retention>[] = [
  atLeast('events', 'a stored notification could be handled twice'),
  atLeast('deadLetters', 'a dead letter that is sent again could be handled twice'),
  {
    rule: "duration(self.claims) <= duration('8760h')",
    message: 'must be at most 8760h, a year',
    fieldPath: '.claims',
    holds: (self) => parseDurationMs(self.claims) <= 8760 * 3_600_000,
  },
];

const SpecFields = z.object({
  workspaces: z
    .array(Workspace)
    .max(200)
    .default([])
    .meta({
      description: 'Workspaces that may send; empty = any, and no calls to Intercom.',
      ...listMap('id'),
    }),
  topics: topics('Topics subscribed to in the Developer Hub. Unknown ones are accepted with a warning.').min(1),
  signing: z
    .object({
      secretKeyRefs: z
        .array(secretKeyRef('A client secret of the app.'))
        .min(1)
        .max(3)
        .meta({ description: 'Client secrets; each verifies, so that a rotation needs no downtime.', ...atomic }),
    })
    .describe('How notifications prove that they are from Intercom.'),
  endpoint: filled(Endpoint, 'Where Intercom reaches the receiver.'),
  allowlist: filled(Allowlist, 'Which addresses may send; defence in depth beside the signature.'),
  receiver: filled(Receiver, 'The pods that answer Intercom.'),
  handlers: z
    .array(Handler)
    .min(1)
    .max(16)
    .meta({ description: 'Who gets the notifications; each handler gets its own copy.', ...listMap('name') }),
  retention: filled(
    RetentionFields.meta(validations(...retentionRules)),
    'How long things are stored. Hours, minutes and seconds only.',
  ),
  deletionPolicy: z
    .enum(['Retain', 'Delete'])
    .default('Retain')
    .describe('What happens to the stored notifications when this resource is deleted.'),
  suspend: flag('Stops delivery to every handler. Receiving goes on: Intercom suspends an endpoint that is silent.'),
});
export type Spec = z.output<typeof SpecFields>;

export const specRules: readonly Rule<Spec>[] = [
  {
    rule: 'self.handlers.all(h, h.topics.all(t, t in self.topics))',
    message: 'the topics of a handler must be among spec.topics: declare them there or remove them here',
    fieldPath: '.handlers',
    holds: (self) => self.handlers.every((handler) => handler.topics.every((topic) => self.topics.includes(topic))),
  },
  {
    rule: 'self.handlers.all(h, duration(h.retry.maxAge) <= duration(self.retention.events))',
    message: 'retry.maxAge must not exceed retention.events, or a notification would be gone before its last retry',
    fieldPath: '.handlers',
    holds: ({ handlers, retention }) =>
      handlers.every(({ retry }) => parseDurationMs(retry.maxAge) <= parseDurationMs(retention.events)),
  },
];

export const Spec = SpecFields.meta(validations(...specRules));

const Metadata = z.looseObject({
  name: objectName('Name of the resource.'),
  namespace: objectName('Its namespace.').default('default'),
  uid: z.string().max(64).exactOptional(),
  generation: z.int().exactOptional(),
  annotations: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
});

export const IntercomWebhook = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: Metadata,
  spec: Spec,
  status: Status.exactOptional(),
});
/** As the API server returns it, defaults filled in. */
export type IntercomWebhook = z.output<typeof IntercomWebhook>;
/** As a person writes it. */
export type IntercomWebhookInput = z.input<typeof IntercomWebhook>;

/** The rules across fields that a resource breaks, wherever they stand. What the API server checks with CEL. */
export function brokenRules({ spec }: IntercomWebhook): Problem[] {
  return [
    ...broken(specRules, 'spec', spec),
    ...broken(endpointRules, 'spec.endpoint', spec.endpoint),
    ...broken(allowlistRules, 'spec.allowlist', spec.allowlist),
    ...broken(receiverScalingRules, 'spec.receiver.scaling', spec.receiver.scaling),
    ...broken(templateRules, 'spec.receiver.template', spec.receiver.template),
    ...broken(retentionRules, 'spec.retention', spec.retention),
    ...spec.handlers.flatMap((handler, index) => brokenByHandler(`spec.handlers[${index}]`, handler)),
  ];
}

const brokenByHandler = (path: string, handler: Handler): Problem[] => [
  ...broken(handlerRules, path, handler),
  ...broken(retryRules, `${path}.retry`, handler.retry),
  ...broken(templateRules, `${path}.template`, handler.template),
  ...broken(handlerScalingRules, `${path}.scaling`, handler.scaling),
  ...(handler.container === undefined ? [] : broken(containerRules, `${path}.container`, handler.container)),
  ...(handler.http === undefined ? [] : broken(httpRules, `${path}.http`, handler.http)),
];
