import * as z from 'zod';
import { byteSize, filled, optionalObjectName, whole } from './fields.ts';
import { PodTemplate, Resources } from './pod-template.ts';
import { type Rule, type Transition, validations } from './rules.ts';

/** The pods that answer Intercom. */

const ScalingFields = z.object({
  minReplicas: whole(1, 100, 'Pods at least; two survive the loss of a node.').default(2),
  maxReplicas: whole(1, 100, 'Pods at most.').default(10),
});
export type ReceiverScaling = z.output<typeof ScalingFields>;

export const receiverScalingRules: readonly Rule<ReceiverScaling>[] = [
  {
    rule: 'self.minReplicas <= self.maxReplicas',
    message: 'must not exceed maxReplicas',
    fieldPath: '.minReplicas',
    holds: (self) => self.minReplicas <= self.maxReplicas,
  },
];

/** What Kubernetes makes volumes by once. The storage may change: it is the way out of a class that makes none. */
const fixedWhilePersistent = (field: 'size' | 'storageClassName'): Transition => ({
  rule: `oldSelf.storage != 'Persistent' || self.storage != 'Persistent' || self.${field} == oldSelf.${field}`,
  message: `the ${field} of a Persistent spool cannot change: its volumes exist already`,
  fieldPath: `.${field}`,
});

const Spool = z
  .object({
    storage: z
      .enum(['Ephemeral', 'Persistent'])
      .default('Ephemeral')
      .describe(
        'Ephemeral survives a container, Persistent (a volume per pod) also the loss of a pod. Pods with volumes are ' +
          'replaced one by one, the old one first: have two. Their claims stay when pods or this resource go.',
      ),
    size: byteSize('Room for notifications while the broker is away, at least 32Mi; fixed once Persistent.').default(
      '1Gi',
    ),
    storageClassName: optionalObjectName(
      'Storage class of a Persistent spool, fixed as its size is; empty = the default one of the cluster.',
    ),
  })
  .meta(validations(fixedWhilePersistent('size'), fixedWhilePersistent('storageClassName')));

export const Receiver = z.object({
  scaling: filled(ScalingFields.meta(validations(...receiverScalingRules)), 'How many pods.'),
  maxBodyBytes: whole(4_096, 16_777_216, 'Largest body accepted, in bytes; a larger one is answered 413.').default(
    1_048_576,
  ),
  spool: filled(Spool, 'Where notifications wait on disk while the broker cannot take them.'),
  resources: filled(Resources, 'Resources of the receiver container; what is not set has a default.'),
  template: filled(PodTemplate, 'Changes to its pods.'),
});
