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

export const archiveOf = ({ folder }: Place): string => `${folder}/image.tar`;
export const rootOf = ({ folder }: Place): string => `${folder}/rootfs`;
export const kubeconfigOf = ({ folder, name }: Place): string => `${folder}/${name}.kubeconfig`;

/** One server. The person's own kubeconfig stays as it is. */
export const createArgs = ({ name }: Place, timeoutMs: number): readonly string[] => [
  'cluster',
  'create',
  name,
  '--image',
  K3S_IMAGE,
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
