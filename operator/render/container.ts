import type {
  V1Container,
  V1ContainerPort,
  V1EnvVar,
  V1Probe,
  V1ResourceRequirements,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { PATHS, PORTS, PodEnv } from '#shared/contract.ts';
import type { Resources } from '../api/pod-template.ts';
import { OWN_CONTAINER_SECURITY } from './pod-security.ts';

/** What the containers of our processes have in common. */

const INNER = 'inner';

/** The downward API's part of an environment. */
const POD_ENV: V1EnvVar[] = Object.keys(PodEnv.shape).map((name) => ({
  name,
  valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
}));

const probe = (path: string, periodSeconds: number, failureThreshold: number): V1Probe => ({
  httpGet: { path, port: INNER },
  periodSeconds,
  timeoutSeconds: 2,
  failureThreshold,
});

export interface OwnContainer {
  readonly name: string;
  readonly image: string;
  /** A path of `ENTRY_POINTS`. */
  readonly entryPoint: string;
  readonly configMap: string;
  /** Beside the one for health and metrics. */
  readonly ports: readonly V1ContainerPort[];
  readonly resources: V1ResourceRequirements;
  readonly volumeMounts: readonly V1VolumeMount[];
}

export const ownContainer = (own: OwnContainer): V1Container => ({
  name: own.name,
  image: own.image,
  command: ['node'],
  args: [own.entryPoint],
  envFrom: [{ configMapRef: { name: own.configMap } }],
  env: POD_ENV,
  ports: [...own.ports, { name: INNER, containerPort: PORTS.inner }],
  resources: own.resources,
  // 60 tries, one a second: a process that is not up within a minute is started again.
  startupProbe: probe(PATHS.live, 1, 60),
  livenessProbe: probe(PATHS.live, 10, 3),
  readinessProbe: probe(PATHS.ready, 2, 2),
  ...(own.volumeMounts.length === 0 ? {} : { volumeMounts: [...own.volumeMounts] }),
  securityContext: OWN_CONTAINER_SECURITY,
});

/**
 * What was asked for, and a default for each resource it says nothing about. Where only a limit is given Kubernetes takes
 * it for the request too, so a default request could only contradict it.
 */
export function resources(given: Resources, defaults: Readonly<Record<string, string>>): V1ResourceRequirements {
  const requests = { ...defaults, ...texts(given.requests) };
  for (const name of Object.keys(given.limits ?? {})) {
    if (given.requests?.[name] === undefined) delete requests[name];
  }
  return given.limits === undefined ? { requests } : { requests, limits: texts(given.limits) };
}

const texts = (quantities: Resources['requests'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));
