import { join } from 'node:path';
import type {
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Probe,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { Secrets } from './manifests.ts';
import { localEnvironment, localPort, volumeFiles } from './plan-environment.ts';

/** Rendered objects turned into what one machine can run: processes in pods, and listeners in the place of Services. */
export interface LocalPlan {
  readonly pods: readonly LocalPod[];
  readonly services: readonly LocalService[];
}

export interface LocalPod {
  readonly name: string;
  /** The workload's labels for its pods; Services select by them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Files of the mounted volumes, with absolute paths. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** In the order of their start: native sidecars first. They stop in the opposite order. */
  readonly containers: readonly LocalContainer[];
  readonly graceMs: number;
}

export interface LocalContainer {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The next container starts when this answers. */
  readonly startup: LocalProbe | null;
  /** Services send to the pod while this answers. */
  readonly readiness: LocalProbe | null;
  /** Container ports by name, as opened on this machine. */
  readonly ports: Readonly<Record<string, number>>;
}

/** An HTTP GET that must answer 2xx, or, with `path` null, a TCP connection that must open. */
export interface LocalProbe {
  readonly port: number;
  readonly path: string | null;
}

export interface LocalService {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  /** Name of the container port that the Service's first port leads to. */
  readonly targetPort: string;
}

export interface PlanFacts {
  /** For each handler without an image of ours, the command that stands for its image. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly secrets: Secrets;
  /** Where mounted files are written. */
  readonly stateDir: string;
  /** A port that nothing uses; another one at each call. */
  readonly freePort: () => number;
  /** The operator's own image. */
  readonly image: string;
  /** What our image sets for every process in it. */
  readonly imageEnv: Readonly<Record<string, string>>;
  /** Where programs are looked for, as in PATH. */
  readonly path: string;
  /** What stands for our image's working directory: the entry points are in it. */
  readonly imageDir: string;
  /** How long a receiver that is to end still accepts; default 200. */
  readonly drainDelayMs?: number | undefined;
}

interface KubernetesObject {
  readonly kind?: string;
}
type Workload = V1Deployment | V1StatefulSet;

/** Pure but for `freePort`. @throws Error naming the object, when something it refers to is missing */
export function planLocal(objects: readonly KubernetesObject[], facts: PlanFacts): LocalPlan {
  const of = <T extends V1ConfigMap | V1Service>(kind: string) =>
    objects.filter((object) => object.kind === kind) as T[];
  const configMaps = new Map(of<V1ConfigMap>('ConfigMap').map((map) => [map.metadata?.name ?? '', map.data ?? {}]));
  const pods = workloadsOf(objects).flatMap((workload) =>
    Array.from({ length: workload.spec?.replicas ?? 1 }, (_, replica) =>
      planPod(workload, replica, { ...facts, configMaps }),
    ),
  );
  return { pods, services: of<V1Service>('Service').map(planService) };
}

interface PodFacts extends PlanFacts {
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Those among rendered objects that bring pods. */
export const workloadsOf = (objects: readonly KubernetesObject[]): Workload[] =>
  objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

function planPod({ kind, metadata, spec }: Workload, replica: number, facts: PodFacts): LocalPod {
  const template = spec?.template;
  if (template?.spec === undefined) throw new Error(`${kind}/${metadata?.name}: has no pod template`);
  const name = `${metadata?.name}-${replica}`;
  const namespace = metadata?.namespace ?? 'default';
  const containers = [...(template.spec.initContainers ?? []), ...template.spec.containers];
  const ports = new Map(
    containers.flatMap((container) => container.ports ?? []).map((port) => [port.containerPort, facts.freePort()]),
  );
  // By the pod's name: one that is started again finds what it had, as it does on a claim of its own.
  const volumeDir = (volume: string) => join(facts.stateDir, name, volume);
  return {
    name,
    labels: template.metadata?.labels ?? {},
    files: (template.spec.volumes ?? []).flatMap((volume) =>
      volumeFiles(volume, { namespace, secrets: facts.secrets, dir: volumeDir(volume.name) }),
    ),
    containers: containers.map((container) =>
      planContainer(container, { pod: name, namespace, ports, volumeDir, facts }),
    ),
    graceMs: (template.spec.terminationGracePeriodSeconds ?? 30) * 1000,
  };
}

interface ContainerScope {
  readonly pod: string;
  readonly namespace: string;
  readonly ports: ReadonlyMap<number, number>;
  readonly volumeDir: (volume: string) => string;
  readonly facts: PodFacts;
}

function planContainer(container: V1Container, scope: ContainerScope): LocalContainer {
  const { facts, ports } = scope;
  const mounts = (container.volumeMounts ?? []).map((mount) => [mount.mountPath, scope.volumeDir(mount.name)] as const);
  const isOwn = container.image === facts.image;
  const own = [...(container.command ?? []), ...(container.args ?? []).map((path) => join(facts.imageDir, path))];
  const argv = isOwn ? own : facts.commands[container.name];
  if (argv === undefined) {
    throw new Error(
      `handler ${container.name}: its image cannot run here; give a command for it in the annotation ` +
        `local.intercom-operator.io/command, as {"${container.name}": ["node", "handler.js"]}`,
    );
  }
  const { configMaps, secrets } = facts;
  const sources = { pod: scope.pod, namespace: scope.namespace, configMaps, secrets };
  return {
    name: container.name,
    argv,
    env: {
      PATH: facts.path,
      ...(isOwn ? facts.imageEnv : {}),
      ...localEnvironment(container, sources, { ports, mounts, drainDelayMs: facts.drainDelayMs }),
    },
    startup: localProbe(container.startupProbe, container, ports),
    readiness: localProbe(container.readinessProbe, container, ports),
    ports: Object.fromEntries(
      (container.ports ?? []).map((port) => [
        port.name ?? String(port.containerPort),
        localPort(ports, port.containerPort),
      ]),
    ),
  };
}

function localProbe(
  probe: V1Probe | undefined,
  container: V1Container,
  ports: ReadonlyMap<number, number>,
): LocalProbe | null {
  const action = probe?.httpGet ?? probe?.tcpSocket;
  if (action === undefined) return null;
  const named = container.ports?.find((port) => port.name === action.port)?.containerPort;
  return { port: localPort(ports, named ?? Number(action.port)), path: probe?.httpGet?.path ?? null };
}

const planService = (service: V1Service): LocalService => ({
  name: service.metadata?.name ?? '',
  selector: service.spec?.selector ?? {},
  targetPort: String(service.spec?.ports?.[0]?.targetPort ?? ''),
});

/** How often `planLocal` will ask for a free port. */
export const portsNeeded = (objects: readonly KubernetesObject[]): number =>
  workloadsOf(objects)
    .map(({ spec }) => {
      const pod = spec?.template.spec;
      const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
      return (spec?.replicas ?? 1) * containers.flatMap((container) => container.ports ?? []).length;
    })
    .reduce((sum, count) => sum + count, 0);
