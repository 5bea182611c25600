import type { V1ObjectMeta, V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { Component } from './meta.ts';

/** One pod at a time may be drained. With a single replica a budget could only block the drain of its node: none then. */
export const disruptionBudgets = (
  metadata: V1ObjectMeta,
  { selector }: Component,
  replicas: number,
): V1PodDisruptionBudget[] =>
  replicas < 2
    ? []
    : [
        {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata,
          spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
        },
      ];
