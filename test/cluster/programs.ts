import { dirname } from 'node:path';
import type { ProgramName } from '#cli/programs/catalogue.ts';
import type { Env } from '#cli/programs/execute.ts';
import { type Resolved, resolveProgram } from '#cli/programs/resolve.ts';

/** What runs on the node or starts it. */
const ON_NODE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'containerd',
  'ctr',
  'containerd-shim-runc-v2',
  'kubectl',
] as const satisfies readonly ProgramName[];
/** Each of them asks Debian for lists of packages, which takes longer than anything else about them. */
const FROM_DEBIAN = ['runc', 'ptp', 'nft', 'openssl'] as const satisfies readonly ProgramName[];
/** What goes into images, where there is nothing but the program. */
const IN_IMAGES = [
  'busybox',
  'coredns',
  'local-path-provisioner',
  'nats-server',
] as const satisfies readonly ProgramName[];

type OnNode = (typeof ON_NODE)[number] | (typeof FROM_DEBIAN)[number];
type InImages = (typeof IN_IMAGES)[number];

/** Path by name. */
export type NodePrograms = Readonly<Record<OnNode, string>>;
export type ImagePrograms = Readonly<Record<InImages, Resolved>>;

export interface ResolveOptions {
  readonly env: Env;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Finds every program, or gets it. The first time it takes some 20 minutes on two cores, most of it for kube-apiserver. */
export async function resolvePrograms(options: ResolveOptions): Promise<{ node: NodePrograms; images: ImagePrograms }> {
  // An API server of another version than ours may be older than the kubelet, which does not do.
  const env = { ...options.env, KUBEBUILDER_ASSETS: '', TEST_ASSET_ETCD: '', TEST_ASSET_KUBE_APISERVER: '' };
  const find = async <Name extends ProgramName>(names: readonly Name[], isPathIgnored: boolean) => {
    const found: [Name, Resolved][] = [];
    // One after another: a build uses every core.
    for (const name of names) found.push([name, await resolveProgram(name, { ...options, env, isPathIgnored })]);
    return found;
  };
  const [built, unpacked] = await Promise.all([
    find(ON_NODE, false),
    Promise.all(FROM_DEBIAN.map((name) => find([name], false))),
  ]);
  const node = [...built, ...unpacked.flat()].map(([name, { path }]) => [name, path]);
  const images = await find(IN_IMAGES, true);
  return {
    node: Object.fromEntries(node) as NodePrograms,
    images: Object.fromEntries(images) as ImagePrograms,
  };
}

/** With the folders of what other programs look up by name: runc and its shim by containerd, nft by kube-proxy. */
export const nodePath = (programs: NodePrograms, path: string): string =>
  [programs['containerd-shim-runc-v2'], programs.runc, programs.nft].map(dirname).concat(path).join(':');
