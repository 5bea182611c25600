import type { ConditionFinding } from './api/condition-types.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { availableOf, type ChildName } from './children.ts';
import type { Blocked } from './gate.ts';
import type { KubeObject } from './kube/resource.ts';
import { ingressComponent, type Part, workerComponent } from './render/meta.ts';

/** What became of the parts of a resource. */
export interface Parts {
  readonly webhook: IntercomWebhook;
  readonly children: ReadonlyMap<ChildName, KubeObject>;
  readonly blocked: Blocked;
}

interface Pods {
  /** Null where nothing says how many there are to be. */
  readonly wanted: number | null;
  readonly available: number;
  readonly ready: number;
}

const NONE: Pods = { wanted: null, available: 0, ready: 0 };
const WORKLOADS = ['Deployment', 'StatefulSet'] as const;

function podsOf(children: Parts['children'], component: string): Pods {
  // While one kind takes the place of the other both are there: what counts is who has pods.
  const [workload] = WORKLOADS.flatMap((kind) => children.get(`${kind} ${component}`) ?? []).toSorted(
    (a, b) => availableOf(b) - availableOf(a),
  );
  if (workload === undefined) return NONE;
  const spec = (workload['spec'] ?? {}) as { replicas?: number };
  const status = (workload['status'] ?? {}) as { readyReplicas?: number };
  return { wanted: spec.replicas ?? 1, available: availableOf(workload), ready: status.readyReplicas ?? 0 };
}

export const readyPods = ({ webhook, children }: Parts, handler: string): number =>
  podsOf(children, workerComponent(webhook, handler).name).ready;

export function receiverFinding({ webhook, children, blocked }: Parts): ConditionFinding {
  const type = 'ReceiverAvailable';
  const { name } = ingressComponent(webhook);
  const { wanted, available } = podsOf(children, name);
  const place = `pods of ${name} in namespace ${webhook.metadata.namespace}`;
  const reason = blocked.get('receiver');
  if (reason !== undefined && available === 0) return { type, status: 'False', reason: 'Blocked', message: reason };
  if (available === 0) {
    return { type, status: 'False', reason: 'Unavailable', message: `no ${place} are available: look at their events` };
  }
  const message = `${available} of ${wanted} ${place} are available`;
  if (available < (wanted ?? 1)) return { type, status: 'True', reason: 'PartlyAvailable', message };
  return { type, status: 'True', reason: 'Available', message };
}

export function handlersFinding(parts: Parts): ConditionFinding {
  const type = 'HandlersAvailable';
  const { spec, metadata } = parts.webhook;
  const active = spec.suspend ? [] : spec.handlers.filter(({ suspend }) => !suspend);
  if (active.length === 0) {
    const message = `${spec.suspend ? 'spec.suspend is' : 'all of spec.handlers[].suspend are'} true: notifications wait`;
    return { type, status: 'True', reason: 'Suspended', message };
  }
  const without = active.filter(
    ({ name }) => podsOf(parts.children, workerComponent(parts.webhook, name).name).available === 0,
  );
  if (without.length === 0) {
    const message = `pods are available for ${active.length === 1 ? 'the handler' : `all ${active.length} handlers`}`;
    return { type, status: 'True', reason: 'Available', message };
  }
  const blockedOf = (name: string) => parts.blocked.get(`handler ${name}` satisfies Part);
  const message = without
    .map(({ name }) => {
      const component = workerComponent(parts.webhook, name).name;
      const why = `no pods of ${component} in namespace ${metadata.namespace} are available: look at their events`;
      return `handler ${name}: ${blockedOf(name) ?? why}`;
    })
    .join('; ');
  const isBlocked = without.every(({ name }) => blockedOf(name) !== undefined);
  return { type, status: 'False', reason: isBlocked ? 'Blocked' : 'Unavailable', message };
}
