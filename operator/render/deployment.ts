import type { V1Deployment, V1ObjectMeta, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Component } from './meta.ts';

/** A Deployment that rolls without ever having fewer pods ready than asked for. */
export const deployment = (
  metadata: V1ObjectMeta,
  { selector }: Component,
  replicas: number,
  template: V1PodTemplateSpec,
): V1Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas,
    revisionHistoryLimit: 3,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: selector },
    template,
  },
});
