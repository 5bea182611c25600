import * as z from 'zod';

/** What several values of the chart are made of. Every default stands here or in values.ts, and nowhere else. */

/** A map with these keys and no other: a typo is refused. Its own defaults hold where it is not given. */
export const block = <T extends z.ZodRawShape>(description: string, shape: T) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .describe(description);

export const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).describe(description);

const NAME = '[a-z0-9]([-.a-z0-9]*[a-z0-9])?';

/** Of an object; empty = none. */
export const objectName = (description: string) =>
  z
    .string()
    .max(253)
    .regex(new RegExp(`^(${NAME})?$`))
    .default('')
    .describe(description);

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

export const namespaceName = () =>
  z
    .string()
    .max(63)
    .regex(new RegExp(`^${LABEL}$`));

/** Of a name that a Service can have; empty = none. It may be too long: then it is cut. */
export const namePart = (description: string) =>
  z
    .string()
    .max(253)
    .regex(new RegExp(`^(${LABEL})?$`))
    .default('')
    .describe(description);

/** `10Gi`: bytes in the only form that Kubernetes and NATS understand alike. */
export const size = (fallback: string, description: string) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,8}(Ki|Mi|Gi|Ti)$/)
    .default(fallback)
    .describe(description);

const texts = (description: string) => z.record(z.string(), z.string()).default({}).describe(description);

const quantity = z.union([z.string().regex(/^[0-9]+(\.[0-9]+)?([kMGTPE]i?|Ki|m|u|n|[eE][0-9]+)?$/), z.number().min(0)]);
const quantities = z.record(z.string(), quantity);

export const resources = (fallback: { requests?: Record<string, string>; limits?: Record<string, string> }) =>
  z
    .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
    .default(fallback)
    .describe('Requests and limits of the container.');

/** What Kubernetes has a schema for: the API server refuses what is wrong in it. */
const asKubernetes = z.looseObject({});

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal', 'Lt', 'Gt']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
});

const environmentVariable = z.strictObject({
  name: z.string().min(1),
  value: z.string().optional(),
  valueFrom: asKubernetes.optional(),
});

export const imagePullSecrets = (description: string) =>
  z
    .array(z.strictObject({ name: z.string().min(1).max(253) }))
    .max(16)
    .default([])
    .describe(description);

/** What can be said of the pods of a component, whichever it is. */
export const podSettings = (resourcesOf: ReturnType<typeof resources>) => ({
  labels: texts('Further labels of its objects.'),
  annotations: texts('Further annotations of its objects.'),
  podLabels: texts('Further labels of its pods.'),
  podAnnotations: texts('Further annotations of its pods.'),
  imagePullSecrets: imagePullSecrets('Secrets to pull the image with: `[{name: registry}]`.'),
  resources: resourcesOf,
  nodeSelector: texts('Labels of the nodes that it may run on.'),
  tolerations: z.array(toleration).default([]).describe('Taints that its pods tolerate.'),
  affinity: asKubernetes.default({}).describe('Affinity of its pods. Empty = rather on different nodes.'),
  topologySpreadConstraints: z.array(asKubernetes).default([]).describe('How its pods are spread.'),
  priorityClassName: objectName('PriorityClass of its pods.'),
  extraEnv: z
    .array(environmentVariable)
    .default([])
    .describe('Further variables of the environment, of names that the chart does not set.'),
});

export const image = (repository: string, tag: string, ofTag: string) =>
  block('Where the image comes from.', {
    repository: z.string().min(1).max(512).default(repository).describe('Registry and name.'),
    tag: z.string().max(128).default(tag).describe(ofTag),
    digest: z
      .string()
      .regex(/^(sha256:[0-9a-f]{64})?$/)
      .default('')
      .describe('`sha256:…`; where it is given the tag decides nothing.'),
    pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).default('IfNotPresent').describe('When it is pulled.'),
  });

export const disruptionBudget = () =>
  block('How many pods may be away on purpose at the same time.', {
    enabled: flag(true, 'Whether there is a PodDisruptionBudget.'),
    maxUnavailable: z.int().min(0).max(10).default(1).describe('So many.'),
  });

/** One key of a Secret or ConfigMap; no name = it is not used. */
export const keyOf = (key: string, description: string) =>
  block(description, {
    name: objectName('Its name; empty = none.'),
    key: z.string().min(1).max(253).default(key).describe('Its key.'),
  });
