import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { cacheFolder } from '#cli/programs/cache.ts';
import { type Execution, execute } from '#cli/programs/execute.ts';
import { withProgress } from '#cli/programs/progress.ts';
import { until } from '#test/support/until.ts';
import { ADDON_DEPLOYMENTS, addons } from './addons.ts';
import { writeCertificates } from './certificates.ts';
import { firstCommands, laterCommands } from './commands.ts';
import { containerdConfig, kubeletConfig, podNetwork } from './configuration.ts';
import { ownImages } from './images.ts';
import { layRoutes, layWire, makeControlGroups, processesOf, removeCluster } from './machine.ts';
import { type Node, startNode } from './node.ts';
import { DEFAULT_NAME, insideOf, type Place, placeOf } from './place.ts';
import { type NodePrograms, nodePath, resolvePrograms } from './programs.ts';
import { checkMachine, systemPath } from './requirements.ts';

export interface ClusterOptions {
  readonly name?: string;
  /** See {@link placeOf}. */
  readonly block?: number;
  /** Tar files beside the cluster's own images, as `docker save` or `packFolder` make them. */
  readonly images?: readonly string[];
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * A Kubernetes cluster of one node on this machine. Pods and Services are reached by their addresses from here, as
 * NodePorts are by the node's; pods reach the machine by its own. Nothing in it reaches anything else.
 */
export interface Cluster {
  /** Of a user in `system:masters`. */
  readonly kubeconfig: string;
  readonly machineAddress: string;
  readonly nodeAddress: string;
  /** A file for each program. */
  readonly logs: string;
  /** From nothing but built programs to ready. */
  readonly startedMs: number;
  /** Rejects when a program of the node ends; never resolves. */
  readonly failure: Promise<never>;
  /** @returns what it printed. @throws Error with what it complained of */
  kubectl: (...args: string[]) => Promise<string>;
  /** Takes images from a tar file, under the names that are in it. */
  loadImage: (tar: string) => Promise<void>;
  /** SIGKILL, as the kernel would send it where memory ends. The kubelet starts the container again. */
  killContainer: (namespace: string, pod: string, container: string) => Promise<void>;
  /** Ends the cluster and removes everything of it. */
  stop: () => Promise<void>;
  /** Lets the cluster live on after this process. */
  detach: () => void;
}

const READY_TIMEOUT_MS = 120_000;
const READY_TIMEOUT = `--timeout=${READY_TIMEOUT_MS / 1000}s`;
const CALL_TIMEOUT_MS = 10_000;
const LOAD_TIMEOUT_MS = 120_000;
/** The node of a process that has died ends in less. */
const LEFT_TIMEOUT_MS = 3_000;

/**
 * Starts a cluster that ends with this process, and waits until it runs pods. What an earlier one of its name has left is
 * removed first.
 * @throws Error that says what is missing, which program ended, or that the cluster is up already; nothing is left then
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { name = DEFAULT_NAME, block, images = [], onProgress, signal } = options;
  const place = placeOf(name, block);
  await checkMachine(process.env['PATH'] ?? '');
  const programs = await resolvePrograms({ env: process.env, onProgress, signal });
  const own = await withProgress('packing images', onProgress, () =>
    ownImages(join(cacheFolder(process.env), 'images'), programs.images),
  );
  await refuseWhereUp(place);
  await removeCluster(place);
  const startedAt = performance.now();
  /** Aborted by the caller, or by what ends on the node: then every wait and call ends, with that as its error. */
  const over = new AbortController();
  const stop = () => over.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    const path = nodePath(programs.node, systemPath(process.env['PATH'] ?? ''));
    await writeFiles(place, programs.node, path);
    const node = await startNode(place, path);
    node.failure.catch((error: unknown) => over.abort(error));
    const tools = toolsOf(place, programs.node, over.signal);
    await bringUp({ place, programs: programs.node, node, tools, images: [...own, ...images], onProgress });
    return clusterOf(place, node, tools, Math.round(performance.now() - startedAt));
  } catch (error) {
    await removeCluster(place, { isLogKept: true });
    // What was wanted needs no explanation.
    if (signal?.aborted === true) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\nwhat its programs wrote: ${insideOf(place).keptLogs}`, { cause: error });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function refuseWhereUp({ name, kubeconfig }: Place): Promise<void> {
  await until(() => processesOf(name).length === 0, {
    describe: `the node ${name} to end`,
    timeoutMs: LEFT_TIMEOUT_MS,
    everyMs: 100,
  }).catch((error: unknown) => {
    throw new Error(`the cluster ${name} is up, KUBECONFIG=${kubeconfig}; end it, or take another name`, {
      cause: error,
    });
  });
}

async function writeFiles(place: Place, programs: NodePrograms, path: string): Promise<void> {
  const inside = insideOf(place);
  await mkdir(place.folder, { mode: 0o700 });
  for (const folder of [inside.keys, inside.logs, inside.commands, inside.networks]) await mkdir(folder);
  await Promise.all([
    writeCertificates(place, programs.openssl, path),
    writeFile(inside.containerdConfig, containerdConfig(place, dirname(programs.ptp))),
    writeFile(join(inside.networks, '10-pods.conflist'), podNetwork(place)),
    writeFile(inside.kubeletConfig, kubeletConfig(place)),
    writeFile(
      inside.addons,
      addons(place)
        .map((object) => stringify(object))
        .join('---\n'),
    ),
  ]);
}

interface Tools {
  /** Aborted when there is no use in waiting any more. */
  over: AbortSignal;
  kubectl: Cluster['kubectl'];
  ctr: (timeoutMs: number, ...args: string[]) => Promise<string>;
}

function toolsOf(place: Place, programs: NodePrograms, over: AbortSignal): Tools {
  // By variables, so that an error begins with what was asked of them.
  const env = {
    ...process.env,
    KUBECONFIG: place.kubeconfig,
    CONTAINERD_ADDRESS: insideOf(place).containerdSocket,
    CONTAINERD_NAMESPACE: 'k8s.io',
  };
  const how = (timeoutMs: number): Execution => ({ env, timeoutMs, signal: over });
  return {
    over,
    kubectl: (...args) => execute(programs.kubectl, args, how(READY_TIMEOUT_MS + CALL_TIMEOUT_MS)),
    ctr: (timeoutMs, ...args) => execute(programs.ctr, args, how(timeoutMs)),
  };
}

interface Start {
  readonly place: Place;
  readonly programs: NodePrograms;
  readonly node: Node;
  readonly tools: Tools;
  /** Tar files: first those without which nothing is ready. */
  readonly images: readonly string[];
  readonly onProgress: (line: string) => void;
}

async function bringUp({ place, programs, node, tools, images, onProgress }: Start): Promise<void> {
  const { kubectl, ctr, over } = tools;
  const answers = async (ask: () => Promise<string>, describe: string) => {
    const isDone = () => over.aborted || ask().then(() => true);
    await until(isDone, { describe, timeoutMs: READY_TIMEOUT_MS, everyMs: 100 });
    over.throwIfAborted();
  };
  await layWire(place, node.pid);
  await node.wire();
  await layRoutes(place);
  await makeControlGroups(place);
  for (const [name, command] of Object.entries(firstCommands(place, programs))) await node.start(name, command);

  const loaded = (async () => {
    await answers(() => ctr(CALL_TIMEOUT_MS, 'version'), 'containerd to answer');
    for (const image of images) await ctr(LOAD_TIMEOUT_MS, 'images', 'import', image);
  })();
  loaded.catch(() => {});

  await withProgress('waiting for the API server', onProgress, () =>
    answers(
      () => kubectl('get', '--raw=/readyz', '--request-timeout=2s'),
      `the API server on ${place.nodeAddress} to be ready`,
    ),
  );
  for (const [name, command] of Object.entries(laterCommands(place, programs))) await node.start(name, command);
  await kubectl('apply', '--server-side', '--filename', insideOf(place).addons);
  await withProgress('loading images', onProgress, () => loaded);
  await withProgress('waiting for the node', onProgress, async () => {
    await kubectl('wait', '--for=create', `node/${place.name}`, READY_TIMEOUT);
    await kubectl('wait', '--for=condition=Ready', `node/${place.name}`, READY_TIMEOUT);
    // Without it no pod is admitted.
    await kubectl('wait', '--for=create', 'serviceaccount/default', READY_TIMEOUT);
  });
  await withProgress(`waiting for ${ADDON_DEPLOYMENTS.join(' and ')}`, onProgress, async () => {
    for (const name of ADDON_DEPLOYMENTS) {
      await kubectl('rollout', 'status', `deployment/${name}`, '--namespace=kube-system', READY_TIMEOUT);
    }
  });
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

function clusterOf(place: Place, node: Node, { kubectl, ctr }: Tools, startedMs: number): Cluster {
  return {
    kubeconfig: place.kubeconfig,
    machineAddress: place.machineAddress,
    nodeAddress: place.nodeAddress,
    logs: insideOf(place).logs,
    startedMs,
    failure: node.failure,
    kubectl,
    loadImage: async (tar) => {
      await ctr(LOAD_TIMEOUT_MS, 'images', 'import', tar);
    },
    killContainer: async (namespace, pod, container) => {
      const answer = await kubectl('get', 'pod', pod, `--namespace=${namespace}`, '--output=json');
      const { status } = JSON.parse(answer) as { status: Record<string, readonly ContainerStatus[] | undefined> };
      const all = [...(status['initContainerStatuses'] ?? []), ...(status['containerStatuses'] ?? [])];
      const id = all.find(({ name }) => name === container)?.containerID?.replace('containerd://', '');
      if (id === undefined) throw new Error(`pod ${namespace}/${pod} has no container ${container} that was started`);
      await ctr(CALL_TIMEOUT_MS, 'tasks', 'kill', '--signal', 'SIGKILL', id);
    },
    stop: () => removeCluster(place),
    detach: node.detach,
  };
}
