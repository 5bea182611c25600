import { isIPv4 } from 'node:net';
import * as z from 'zod';

/** What is asked of k3d and helm, pure. The image is made under the name that the chart asks for by default. */

export const CLUSTER = 'intercom-operator';
export const RELEASE = 'intercom-operator';
export const NAMESPACE = 'intercom-operator';

/** Named, because each k3d brings one of its own age, and the chart needs 1.29. */
export const K3S_IMAGE = 'rancher/k3s:v1.34.6-k3s1';

export interface Place {
  /** Of the cluster. */
  readonly name: string;
  /** Where what is made lies: image, kubeconfig. */
  readonly folder: string;
}

export const archiveOf = ({ folder }: Pick<Place, 'folder'>): string => `${folder}/image.tar`;
export const rootOf = ({ folder }: Pick<Place, 'folder'>): string => `${folder}/rootfs`;
export const kubeconfigOf = ({ folder, name }: Place): string => `${folder}/${name}.kubeconfig`;

/**
 * One server. The person's own kubeconfig stays as it is.
 * @param without what k3s brings by itself and is not to be there, as its `--disable` names it
 */
export const createArgs = ({ name }: Place, timeoutMs: number, without: readonly string[] = []): readonly string[] => [
  'cluster',
  'create',
  name,
  '--image',
  K3S_IMAGE,
  ...without.flatMap((component) => ['--k3s-arg', `--disable=${component}@server:*`]),
  '--kubeconfig-update-default=false',
  '--wait',
  '--timeout',
  `${timeoutMs / 1000}s`,
];

/** Of one that may be running already. */
export const startArgs = ({ name }: Place, timeoutMs: number): readonly string[] => [
  'cluster',
  'start',
  name,
  '--wait',
  '--timeout',
  `${timeoutMs / 1000}s`,
];

export const deleteArgs = ({ name }: Place): readonly string[] => ['cluster', 'delete', name];

export const kubeconfigArgs = ({ name }: Place): readonly string[] => ['kubeconfig', 'get', name];

export const importArgs = (place: Place): readonly string[] => [
  'image',
  'import',
  archiveOf(place),
  '--cluster',
  place.name,
];

/** Installs it, or brings what is installed to the chart of this folder. */
export const installArgs = (chart: string, timeoutMs: number): readonly string[] => [
  'upgrade',
  '--install',
  RELEASE,
  chart,
  '--namespace',
  NAMESPACE,
  '--create-namespace',
  '--wait',
  '--timeout',
  `${timeoutMs / 1000}s`,
];

/** The container that is the one server, and the network that it is in. */
export const serverOf = ({ name }: Pick<Place, 'name'>): string => `k3d-${name}-server-0`;
const networkOf = ({ name }: Pick<Place, 'name'>): string => `k3d-${name}`;

export const inspectArgs = (place: Place): readonly string[] => ['container', 'inspect', serverOf(place)];

const Endpoint = z.object({ IPAddress: z.string(), Gateway: z.string() });
const Inspected = z.tuple([
  z.object({ NetworkSettings: z.object({ Networks: z.record(z.string(), Endpoint.partial()) }) }),
]);

/**
 * Where the server is, and where the machine that runs Docker is seen from it.
 * @param inspected what `docker container inspect` printed of it
 * @throws Error where it has no address and gateway of IPv4 in its cluster's network
 */
export function addressesOf(place: Place, inspected: string): { server: string; machine: string } {
  const [{ NetworkSettings: settings }] = Inspected.parse(JSON.parse(inspected));
  const { IPAddress: server = '', Gateway: machine = '' } = settings.Networks[networkOf(place)] ?? {};
  if (isIPv4(server) && isIPv4(machine)) return { server, machine };
  throw new Error(
    `Docker says of ${serverOf(place)} in its network ${networkOf(place)}: address ${JSON.stringify(server)}, gateway ` +
      `${JSON.stringify(machine)}; both have to be of IPv4. Restart Docker, or look at docker network inspect ${networkOf(place)}`,
  );
}

const Clusters = z.array(z.object({ name: z.string() }));

/** @param listed what `k3d cluster list --output json` printed */
export const isListed = (listed: string, name: string): boolean =>
  Clusters.parse(JSON.parse(listed)).some((cluster) => cluster.name === name);

/** @param reason what `docker info` complained of */
export const withoutDocker = (reason: string): string =>
  [
    `k3d runs its nodes in Docker, and Docker does not answer here: ${reason}`,
    'Start Docker, or install it (https://docs.docker.com/get-started/get-docker), then run this again.',
    'Without Docker, on Linux and as root: make cluster-up',
  ].join('\n');

export const nextSteps = (place: Place): string =>
  [
    `The operator runs in the k3d cluster ${place.name}. Next:`,
    '',
    `export KUBECONFIG=${kubeconfigOf(place)}`,
    `kubectl get pods --namespace ${NAMESPACE}`,
    'docs/install.md, "A first notification": an IntercomWebhook, and the simulator in the place of Intercom',
    '',
    `k3d cluster delete ${place.name}    # when done`,
  ].join('\n');
