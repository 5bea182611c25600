import type { V1PodSpec, V1PodTemplateSpec, V1TopologySpreadConstraint, V1Volume } from '@kubernetes/client-node';
import type { PodTemplate } from '../api/pod-template.ts';
import { CONFIG_HASH_ANNOTATION, type Component, labelsOf } from './meta.ts';
import { POD_SECURITY } from './pod-security.ts';

export interface Pod {
  readonly component: Component;
  /** Hash of the pod's configuration; another one rolls the pods. */
  readonly configHash: string;
  readonly graceSeconds: number;
  readonly containers: V1PodSpec['containers'];
  readonly initContainers: V1PodSpec['containers'];
  readonly volumes: readonly V1Volume[];
  /** Secrets to pull our own image with. */
  readonly imagePullSecrets: readonly string[];
}

/**
 * The pods of a workload with what the resource asks of them. Maps are joined and ours wins; lists are joined by name;
 * a field that we only default is replaced.
 */
export function podTemplate(pod: Pod, patch: PodTemplate): V1PodTemplateSpec {
  const volumes = [...pod.volumes, ...((patch.volumes ?? []) as V1Volume[])];
  const imagePullSecrets = pullSecrets(pod, patch);
  return {
    metadata: {
      labels: { ...patch.labels, ...labelsOf(pod.component) },
      annotations: { ...patch.annotations, [CONFIG_HASH_ANNOTATION]: pod.configHash },
    },
    spec: {
      ...account(pod.component, patch),
      enableServiceLinks: false,
      terminationGracePeriodSeconds: pod.graceSeconds,
      securityContext: POD_SECURITY,
      topologySpreadConstraints:
        (patch.topologySpreadConstraints as V1TopologySpreadConstraint[] | undefined) ?? spread(pod.component),
      ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
      ...placement(patch),
      ...(pod.initContainers.length === 0 ? {} : { initContainers: pod.initContainers }),
      containers: pod.containers,
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}

/** Our own account has no permissions, so its token is not mounted; a person's account says so itself. */
const account = ({ name }: Component, { serviceAccountName }: PodTemplate) =>
  serviceAccountName === undefined
    ? { serviceAccountName: name, automountServiceAccountToken: false }
    : { serviceAccountName };

/** Pods on different nodes and in different zones where there are such. */
const spread = ({ selector }: Component): V1TopologySpreadConstraint[] =>
  ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  }));

/** Each name once, as API servers want it. Absent where nobody names any. */
function pullSecrets({ imagePullSecrets }: Pod, patch: PodTemplate): PodTemplate['imagePullSecrets'] {
  if (imagePullSecrets.length === 0) return patch.imagePullSecrets;
  const names = new Set([...imagePullSecrets, ...(patch.imagePullSecrets ?? []).map(({ name }) => name)]);
  return Array.from(names, (name) => ({ name }));
}

/** What is passed on as it is. */
const placement = ({
  nodeSelector,
  tolerations,
  affinity,
  priorityClassName,
  runtimeClassName,
}: PodTemplate): Partial<V1PodSpec> => ({
  ...(nodeSelector === undefined ? {} : { nodeSelector }),
  ...(tolerations === undefined ? {} : { tolerations }),
  ...(affinity === undefined ? {} : { affinity }),
  ...(priorityClassName === undefined ? {} : { priorityClassName }),
  ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
});
