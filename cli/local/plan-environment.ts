import { join } from 'node:path';
import type { V1Container, V1Volume } from '@kubernetes/client-node';
import type { Secrets } from './manifests.ts';

/** There is no load balancer to wait for. */
const DRAIN_DELAY_MS = 200;

/** What local mode sets otherwise than the cluster; there is no network namespace either. */
const overrides = ({ drainDelayMs = DRAIN_DELAY_MS }: Local): Readonly<Record<string, string>> => ({
  HOST: '127.0.0.1',
  DRAIN_DELAY_MS: String(drainDelayMs),
});

/** What the values of variables refer to. */
export interface Sources {
  readonly pod: string;
  readonly namespace: string;
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly secrets: Secrets;
}

/**
 * The environment of a container as the kubelet would make it, then as this machine needs it.
 * @throws Error naming pod, container and variable, when something it refers to is missing
 */
export function localEnvironment(container: V1Container, sources: Sources, local: Local): Record<string, string> {
  const entries = environment(container, sources);
  return Object.fromEntries(entries.map(([name, value]) => [name, localValue(name, value, local)]));
}

function environment(container: V1Container, { pod, namespace, configMaps, secrets }: Sources): [string, string][] {
  const fromMaps = (container.envFrom ?? []).flatMap((source) => {
    const map = configMaps.get(source.configMapRef?.name ?? '') ?? secret(source.secretRef?.name);
    if (map === undefined) throw new Error(`${pod}: ConfigMap or Secret for envFrom of ${container.name} is missing`);
    return Object.entries(map);
  });
  const single = (container.env ?? []).map((variable): [string, string] => {
    if (variable.valueFrom?.fieldRef?.fieldPath === 'metadata.name') return [variable.name, pod];
    const ref = variable.valueFrom?.secretKeyRef;
    const value = ref === undefined ? variable.value : secret(ref.name)?.[ref.key];
    if (value === undefined)
      throw new Error(`${pod}: value of ${variable.name} in ${container.name} is not known here`);
    return [variable.name, value];
  });
  return [...fromMaps, ...single];

  function secret(name: string | undefined): Readonly<Record<string, string>> | undefined {
    return secrets.get(`${namespace}/${name}`);
  }
}

/** What stands on this machine for what a pod has of its own. */
export interface Local {
  /** Ports by container port. */
  readonly ports: ReadonlyMap<number, number>;
  readonly mounts: readonly (readonly [mountPath: string, dir: string])[];
  /** Default 200. */
  readonly drainDelayMs?: number | undefined;
}

/** What a pod's own network and mounts would do: ports, loopback URLs and mount paths become those of this machine. */
function localValue(name: string, value: string, local: Local): string {
  const { ports, mounts } = local;
  const override = overrides(local)[name];
  if (override !== undefined) return override;
  if (name === 'PORT' || name.endsWith('_PORT')) return String(localPort(ports, Number(value)));
  const mount = mounts.find(([path]) => value === path || value.startsWith(`${path}/`));
  if (mount !== undefined) return mount[1] + value.slice(mount[0].length);
  const loopback = /^(https?:\/\/127\.0\.0\.1:)(\d+)(.*)$/.exec(value);
  return loopback === null ? value : `${loopback[1]}${localPort(ports, Number(loopback[2]))}${loopback[3]}`;
}

export const localPort = (ports: ReadonlyMap<number, number>, port: number): number => ports.get(port) ?? port;

/** The files of a Secret or projected volume. @throws Error naming Secret and key, when it is missing */
export function volumeFiles(
  volume: V1Volume,
  { namespace, secrets, dir }: { namespace: string; secrets: Secrets; dir: string },
): { path: string; content: string }[] {
  const sources = volume.projected?.sources?.flatMap((source) => source.secret ?? []) ?? [];
  const ofSecret = volume.secret === undefined ? [] : [{ name: volume.secret.secretName, items: volume.secret.items }];
  return [...sources, ...ofSecret].flatMap((source) => {
    const values = secrets.get(`${namespace}/${source.name}`);
    const items = source.items ?? Object.keys(values ?? {}).map((key) => ({ key, path: key }));
    return items.map(({ key, path }) => {
      const content = values?.[key];
      if (content === undefined) {
        throw new Error(`Secret/${source.name}: key ${key} is missing; put the Secret into the same file`);
      }
      return { path: join(dir, path), content };
    });
  });
}
