import type { V1Deployment } from '@kubernetes/client-node';
import { type Workload, workloadSpec } from './workload.ts';

/** A Deployment that rolls without ever having fewer pods ready than asked for. */
export const deployment = (workload: Workload): V1Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: workload.metadata,
  spec: workloadSpec(workload, {
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  }),
});
