import type { V1ObjectMeta, V1ServiceAccount } from '@kubernetes/client-node';
import type { PodTemplate } from '../api/pod-template.ts';

/** An account without permissions; none where the resource names another. */
export const serviceAccounts = (metadata: V1ObjectMeta, template: PodTemplate): V1ServiceAccount[] =>
  template.serviceAccountName === undefined
    ? [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false }]
    : [];
