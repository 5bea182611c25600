import * as z from 'zod';
import { parseDurationMs } from './duration.ts';
import { DNS_LABEL, duration, filled, flag, setOf, whole } from './fields.ts';
import { PodTemplate } from './pod-template.ts';
import { type Rule, type Transition, validations } from './rules.ts';
import { HandlerBuiltin, HandlerContainer, HandlerHttp } from './spec-handler-target.ts';

/** Topics that one resource can name. The catalogue of Intercom has about 120. */
const MAX_TOPICS = 160;

/** Names only: no wildcards, nothing that a NATS subject would have to escape. Unknown ones are as good as known ones. */
export const TOPIC = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
export const topics = (description: string) =>
  z
    .array(z.string().max(120).regex(TOPIC, 'must be the name of a topic, without wildcards'))
    .max(MAX_TOPICS)
    .meta({ description, ...setOf });

const RetryFields = z.object({
  maxAge: duration('After this long, counted from its arrival, a notification becomes a dead letter.').default('72h'),
  maxAttempts: whole(1, 1000, 'Completed calls, after which it becomes a dead letter.').default(20),
  minBackoff: duration('Wait before the second call; doubled, with jitter, for each further one.').default('1s'),
  maxBackoff: duration('Longest wait between two calls.').default('10m'),
});
export type Retry = z.output<typeof RetryFields>;

export const retryRules: readonly Rule<Retry>[] = [
  {
    rule: 'duration(self.minBackoff) <= duration(self.maxBackoff)',
    message: 'must not exceed maxBackoff',
    fieldPath: '.minBackoff',
    holds: (self) => parseDurationMs(self.minBackoff) <= parseDurationMs(self.maxBackoff),
  },
  {
    rule: 'duration(self.maxBackoff) <= duration(self.maxAge)',
    message: 'must not exceed maxAge, or the last call would never be made',
    fieldPath: '.maxBackoff',
    holds: (self) => parseDurationMs(self.maxBackoff) <= parseDurationMs(self.maxAge),
  },
];

const ScalingFields = z.object({
  minReplicas: whole(0, 100, 'Pods at least. 0 needs KEDA; without it 0 counts as 1.').default(1),
  maxReplicas: whole(1, 100, 'Pods at most.').default(20),
  lagTarget: whole(1, 1_000_000, 'Waiting notifications per pod that autoscaling aims at.').default(50),
});
export type HandlerScaling = z.output<typeof ScalingFields>;

export const handlerScalingRules: readonly Rule<HandlerScaling>[] = [
  {
    rule: 'self.minReplicas <= self.maxReplicas',
    message: 'must not exceed maxReplicas',
    fieldPath: '.minReplicas',
    holds: (self) => self.minReplicas <= self.maxReplicas,
  },
];

const startIsFixed: Transition = {
  rule: 'self == oldSelf',
  message: 'cannot change: it was used when the consumer was made. Add a handler of another name instead',
};

const HandlerFields = z.object({
  name: z
    .string()
    .min(1)
    .max(30)
    .regex(DNS_LABEL)
    .describe('Name of the handler. Its place in the stream is kept under it: another name starts anew.'),
  container: HandlerContainer.describe('A container that runs beside the worker, in its pod.').exactOptional(),
  http: HandlerHttp.describe('A service that runs already.').exactOptional(),
  builtin: HandlerBuiltin.describe('One of the handlers that come with the operator.').exactOptional(),
  topics: topics('Topics it gets, of those in spec.topics; empty = all of them.').default([]),
  orderBy: z
    .enum(['Subject', 'None'])
    .default('Subject')
    .describe('Subject: one after another per conversation, contact or ticket. None: as they come.'),
  startFrom: z
    .enum(['Now', 'Earliest'])
    .default('Now')
    .meta({
      description: 'Where a new handler begins: at what arrives from now on, or at the oldest stored. Cannot change.',
      ...validations(startIsFixed),
    }),
  concurrency: whole(1, 1000, 'Calls at the same time, per pod.').default(16),
  timeout: duration('How long one call may take; at most 10m.').default('60s'),
  retry: filled(RetryFields.meta(validations(...retryRules)), 'What happens when a call fails.'),
  scaling: filled(ScalingFields.meta(validations(...handlerScalingRules)), 'How many pods.'),
  template: filled(PodTemplate, 'Changes to its pods.'),
  suspend: flag('Stops delivery to this handler; its notifications wait.'),
});
export type Handler = z.output<typeof HandlerFields>;

/** Name of the operator's own container in the pod of a handler, whose container has the handler's name. */
export const WORKER_CONTAINER = 'worker';

export const handlerRules: readonly Rule<Handler>[] = [
  {
    rule: `self.name != '${WORKER_CONTAINER}'`,
    message: `${WORKER_CONTAINER} is the name of the operator's own container: call the handler something else`,
    fieldPath: '.name',
    holds: ({ name }) => name !== WORKER_CONTAINER,
  },
  {
    rule: '(has(self.container) ? 1 : 0) + (has(self.http) ? 1 : 0) + (has(self.builtin) ? 1 : 0) == 1',
    message: 'needs exactly one of container, http and builtin',
    holds: ({ container, http, builtin }) => [container, http, builtin].filter((one) => one !== undefined).length === 1,
  },
  {
    rule: "duration(self.timeout) <= duration('10m')",
    message: 'must be at most 10m',
    fieldPath: '.timeout',
    holds: (self) => parseDurationMs(self.timeout) <= 600_000,
  },
];

export const Handler = HandlerFields.meta(validations(...handlerRules));
