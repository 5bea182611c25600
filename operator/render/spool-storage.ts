import type { V1Deployment, V1PersistentVolumeClaim, V1StatefulSet, V1Volume } from '@kubernetes/client-node';
import { SPOOL_DRAIN_MS } from '#shared/contract.ts';
import { OWN_VOLUME } from '../api/pod-template.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { deployment } from './deployment.ts';
import { drainDelayMs, spoolBytes } from './environment.ts';
import { statefulSet } from './stateful-set.ts';
import type { Workload } from './workload.ts';

export const SPOOL_VOLUME = `${OWN_VOLUME}spool`;

/** What a receiver has of the storage of its spool. A volume named `SPOOL_VOLUME` is there in every case. */
interface SpoolStorage {
  readonly requests: Readonly<Record<string, string>>;
  /** Volumes of the pod that its workload does not bring. */
  readonly volumes: readonly V1Volume[];
  /** Time for the spool in the grace period. */
  readonly drainSeconds: number;
  readonly workload: (workload: Workload) => V1Deployment | V1StatefulSet;
}

export function spoolStorage(webhook: IntercomWebhook): SpoolStorage {
  const { storage } = webhook.spec.receiver.spool;
  const drainSeconds = SPOOL_DRAIN_MS[storage] / 1000;
  const bytes = spoolBytes(webhook) + EXTRA_BYTES;
  switch (storage) {
    case 'Ephemeral':
      return {
        requests: { 'ephemeral-storage': String(bytes) },
        volumes: [{ name: SPOOL_VOLUME, emptyDir: { sizeLimit: String(bytes) } }],
        drainSeconds,
        workload: deployment,
      };
    case 'Persistent': {
      // Without a spare, the next pod goes only when load balancers have learned of the one before.
      const keeping = { claim: claim(webhook, bytes), minReadySeconds: drainDelayMs(webhook) / 1000 };
      return { requests: {}, volumes: [], drainSeconds, workload: (workload) => statefulSet(workload, keeping) };
    }
  }
}

/** Beside its records: what was damaged is set aside (16 MiB at most), and some room. */
const EXTRA_BYTES = 64 * 1024 * 1024;

/** The rest is the file system's own: ext4 takes up to 5 % for journal and inodes, and keeps 5 % for root. */
const USABLE_SHARE = 0.9;

/** No labels or annotations: what a later release might change cannot be in it. Kubernetes adds those of the selector. */
const claim = ({ spec }: IntercomWebhook, bytes: number): V1PersistentVolumeClaim => ({
  metadata: { name: SPOOL_VOLUME },
  spec: {
    accessModes: ['ReadWriteOnce'],
    ...(spec.receiver.spool.storageClassName === '' ? {} : { storageClassName: spec.receiver.spool.storageClassName }),
    resources: { requests: { storage: String(Math.ceil(bytes / USABLE_SHARE)) } },
  },
});
