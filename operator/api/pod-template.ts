import * as z from 'zod';
import { atomic, dataKey, flag, listMap, objectName, passedOn, quantities, stringMap, text, whole } from './fields.ts';
import { type Rule, validations } from './rules.ts';

/** What a person may say about the pods that the operator makes. Its own names, selectors and labels always win. */

const Toleration = z.object({
  key: z.string().max(317).describe('Taint key; empty with operator Exists tolerates everything.').exactOptional(),
  operator: z.enum(['Exists', 'Equal']).describe('Exists, or Equal (compares `value`).').exactOptional(),
  value: z.string().max(63).describe('Taint value, for Equal.').exactOptional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .describe('Taint effect; none = all of them.')
    .exactOptional(),
  tolerationSeconds: z.int32().min(0).describe('How long a NoExecute taint is tolerated, in seconds.').exactOptional(),
});

const PodTemplateFields = z.object({
  labels: stringMap(32, 63, 'Labels added to the pods.').exactOptional(),
  annotations: stringMap(32, 4096, 'Annotations added to the pods.').exactOptional(),
  serviceAccountName: objectName('Service account to run as instead of the one the operator makes.').exactOptional(),
  imagePullSecrets: z
    .array(z.object({ name: objectName('Name of the pull secret.') }))
    .max(16)
    .meta({ description: 'Secrets for pulling images from private registries.', ...listMap('name') })
    .exactOptional(),
  nodeSelector: stringMap(32, 63, 'Labels a node must have.').exactOptional(),
  tolerations: z
    .array(Toleration)
    .max(32)
    .meta({ description: 'Taints that the pods tolerate.', ...atomic })
    .exactOptional(),
  affinity: passedOn('Node and pod affinity, as in a pod.').exactOptional(),
  topologySpreadConstraints: z
    .array(passedOn('One constraint, as in a pod.'))
    .max(8)
    .meta({ description: 'How the pods spread; replaces the default, which spreads over nodes and zones.', ...atomic })
    .exactOptional(),
  priorityClassName: objectName('Priority class of the pods.').exactOptional(),
  runtimeClassName: objectName('Runtime class of the pods.').exactOptional(),
  volumes: z
    .array(
      z
        .looseObject({ name: text(63, 'Name of the volume; names beginning with "icw-" are taken.') })
        .meta({ 'x-kubernetes-preserve-unknown-fields': true }),
    )
    .max(32)
    .meta({
      description: 'Volumes added to the pods, as in a pod. Mount them with `volumeMounts`.',
      ...listMap('name'),
    })
    .exactOptional(),
});
export type PodTemplate = z.output<typeof PodTemplateFields>;

/** Volumes that the operator makes begin with this. */
export const OWN_VOLUME = 'icw-';

export const templateRules: readonly Rule<PodTemplate>[] = [
  {
    rule: `!has(self.volumes) || self.volumes.all(v, !v.name.startsWith('${OWN_VOLUME}'))`,
    message: `names beginning with ${OWN_VOLUME} are taken: call the volume something else`,
    fieldPath: '.volumes',
    holds: ({ volumes = [] }) => volumes.every(({ name }) => !name.startsWith(OWN_VOLUME)),
  },
];

export const PodTemplate = PodTemplateFields.meta(validations(...templateRules));

export const Resources = z.object({
  requests: quantities('What is reserved. Autoscalers need a CPU request, so one is always set.').exactOptional(),
  limits: quantities('What may not be exceeded.').exactOptional(),
});
export type Resources = z.output<typeof Resources>;

const keyOf = (kind: string) =>
  z.object({
    name: objectName(`Name of the ${kind}.`),
    key: dataKey(`Key inside the ${kind}.`),
    optional: flag('Whether it may be missing.'),
  });

const EnvVar = z.object({
  name: text(253, 'Name of the variable. HOST and PORT are always set by the operator.'),
  value: z.string().max(8192).describe('Its value.').exactOptional(),
  valueFrom: z
    .object({
      secretKeyRef: keyOf('Secret').describe('From a Secret.').exactOptional(),
      configMapKeyRef: keyOf('ConfigMap').describe('From a ConfigMap.').exactOptional(),
      fieldRef: z
        .object({ fieldPath: text(256, 'Field of the pod, such as metadata.name.') })
        .describe('From a field of the pod.')
        .exactOptional(),
    })
    .describe('Where its value comes from instead.')
    .exactOptional(),
});

const wholeOf = (kind: string) =>
  z.object({ name: objectName(`Name of the ${kind}.`), optional: flag('Whether it may be missing.') });

const EnvFrom = z.object({
  prefix: z.string().max(63).describe('Put before each name.').exactOptional(),
  configMapRef: wholeOf('ConfigMap').describe('Every key of a ConfigMap.').exactOptional(),
  secretRef: wholeOf('Secret').describe('Every key of a Secret.').exactOptional(),
});

export const Env = z
  .array(EnvVar)
  .max(64)
  .default([])
  .meta({ description: 'Environment variables of the container.', ...listMap('name') });

export const EnvFromList = z
  .array(EnvFrom)
  .max(16)
  .default([])
  .meta({ description: 'ConfigMaps and Secrets whose keys become environment variables.', ...atomic });

export const VolumeMounts = z
  .array(
    z.object({
      name: text(63, 'Name of a volume of `template.volumes`.'),
      mountPath: text(1024, 'Where it is seen in the container.'),
      subPath: z.string().max(1024).describe('Path inside the volume.').exactOptional(),
      readOnly: flag('Whether it may only be read.'),
    }),
  )
  .max(32)
  .default([])
  .meta({ description: 'Volumes of `template` mounted into the container.', ...listMap('mountPath') });

export const ContainerSecurity = z.object({
  runAsUser: whole(1, 2_147_483_647, 'User id to run as; needed where the image names none.').exactOptional(),
  runAsGroup: whole(1, 2_147_483_647, 'Group id to run as.').exactOptional(),
  readOnlyRootFilesystem: flag('Whether the root file system may only be read.'),
});
