import type { ConditionFinding, ConditionName } from '#operator/api/condition-types.ts';
import { shapeProblems } from '#operator/api/shape.ts';
import { type Condition, Status } from '#operator/api/status.ts';
import { structural } from '#operator/api/structural-schema.ts';
import type { ChildName } from '#operator/children.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { computeStatus, NOT_PAUSED, type Results } from '#operator/status.ts';
import { webhook } from '#test/support/webhook.ts';
import { resource } from './objects.ts';

export const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);

export const WELL: readonly ConditionFinding[] = [
  { type: 'Accepted', status: 'True', reason: 'Parsed', message: 'the resource is valid' },
  { type: 'SecretsResolved', status: 'True', reason: 'Resolved', message: 'every Secret is there' },
  { type: 'StreamsReady', status: 'True', reason: 'Reconciled', message: 'they are' },
  NOT_PAUSED,
];

/** By name of the workload: how many pods are wanted, and how many are there. */
export type Pods = Readonly<Record<string, readonly [wanted: number, available: number]>>;

const childrenOf = (pods: Pods): ReadonlyMap<ChildName, KubeObject> =>
  new Map(
    Object.entries(pods).map(([name, [replicas, available]]) => {
      const [kind = '', ofName = ''] = name.split(' ');
      const metadata = { name: ofName, namespace: 'crm', uid: name, resourceVersion: '1' };
      const status = { replicas, readyReplicas: available, availableReplicas: available };
      return [`${kind} ${ofName}`, { apiVersion: 'apps/v1', kind, metadata, spec: { replicas }, status }];
    }),
  );

export const RECEIVER = 'Deployment icw-support-ingress';
export const WORKER = 'Deployment icw-support-support-worker';
export const ALL_PODS: Pods = { [RECEIVER]: [2, 2], [WORKER]: [1, 1] };

export const results = ({ pods = ALL_PODS, ...rest }: Partial<Results> & { pods?: Pods } = {}): Results => ({
  webhook: webhook(),
  object: resource(),
  findings: WELL,
  children: childrenOf(pods),
  blocked: new Map(),
  hasGatewayApi: false,
  unapplied: [],
  users: { kind: 'done' },
  load: null,
  observations: null,
  ...rest,
});

export const conditionIn = ({ conditions = [] }: Status, type: ConditionName): Condition | undefined =>
  conditions.find((each) => each.type === type);

export const compute = (...of: Parameters<typeof results>) => computeStatus(results(...of), at(0));

/** What the API server would refuse. */
export function faultsOf(status: Status): unknown[] {
  const parsed = Status.safeParse(status);
  return [...(parsed.error?.issues ?? []), ...shapeProblems(structural(Status), status, 'status')];
}

export const failure = (kind: 'taken' | 'failed', message: string) => ({
  part: 'receiver' as const,
  kind,
  error: new Error(message),
});
