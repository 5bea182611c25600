import type { V1PersistentVolumeClaim, V1StatefulSet } from '@kubernetes/client-node';
import { type Workload, workloadSpec } from './workload.ts';

interface Keeping {
  /** Each pod gets one such claim, and again the same one whenever it is replaced. Immutable once it is applied. */
  readonly claim: V1PersistentVolumeClaim;
  readonly minReadySeconds: number;
}

/** A StatefulSet for pods that need a volume of their own, and nothing of each other. */
export const statefulSet = (workload: Workload, { claim, minReadySeconds }: Keeping): V1StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: workload.metadata,
  spec: workloadSpec(workload, {
    // A headless Service would give each pod a name in DNS. Nobody calls one of them by name, so the component's own does.
    serviceName: workload.component.name,
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
    minReadySeconds,
    // A volume may hold what nobody else has: it waits for the next pod of its number, and goes only by a person's hand.
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Retain' },
    volumeClaimTemplates: [claim],
  }),
});
