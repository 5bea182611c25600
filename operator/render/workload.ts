import type { V1ObjectMeta, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Component } from './meta.ts';

/** So many equal pods, whichever kind of object keeps them. */
export interface Workload {
  readonly metadata: V1ObjectMeta;
  readonly component: Component;
  readonly replicas: number;
  readonly template: V1PodTemplateSpec;
}

/** The spec of a Deployment or StatefulSet: what both have, and how the one in question rolls. */
export const workloadSpec = <Own extends object>({ component, replicas, template }: Workload, own: Own) => ({
  replicas,
  revisionHistoryLimit: 3,
  ...own,
  selector: { matchLabels: component.selector },
  template,
});
