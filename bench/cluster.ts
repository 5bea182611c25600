import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import * as z from 'zod';
import { execute } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { type Cluster, startCluster } from '#test/cluster/cluster.ts';
import { gzippedBytes } from '../scripts/image/archive.ts';
import { note, printFigure } from './figure.ts';
import { interruption, runToEnd } from './run.ts';

/**
 * The chart on a real node: how long `helm install --wait` takes, how long from `kubectl apply` to Ready, what each pod
 * weighs when it has nothing to do, and the image's size. Images are on the node already; nothing is pulled.
 * Bar: apply_to_ready_s 15.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEADLINE_MS = 15 * 60_000;
const CALL_TIMEOUT_MS = 180_000;
const NAMESPACE = 'intercom-system';
const TEAM = 'crm';
/** What starting cost has been given back, and every process has looked around a few times. */
const IDLE_MS = 60_000;

async function measure(signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cluster-'));
  const how = { env: process.env, timeoutMs: CALL_TIMEOUT_MS, signal };
  try {
    const tar = join(folder, 'image.tar');
    note('assembling the image');
    const script = join(ROOT, 'scripts/image/main.ts');
    await execute(process.execPath, [script, '--out', join(folder, 'root'), '--tar', tar], how);
    printFigure('image_mb', (await stat(tar)).size / 1e6, 'MB');
    printFigure('image_gzip_mb', (await gzippedBytes(tar)) / 1e6, 'MB');
    const cluster = await startCluster({ name: 'bench', block: 2, images: [tar], onProgress: note, signal });
    try {
      printFigure('node_ready_s', cluster.startedMs / 1000, 's');
      await installAndApply(cluster, folder, how);
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function installAndApply(
  cluster: Cluster,
  folder: string,
  how: { env: NodeJS.ProcessEnv; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { path: helm } = await resolveProgram('helm', { env: how.env, onProgress: note });
  const chart = join(ROOT, 'charts/intercom-operator');
  const wait = ['--create-namespace', '--wait', '--timeout', '150s'];
  const env = { PATH: how.env['PATH'], HOME: folder, KUBECONFIG: cluster.kubeconfig };
  await timed('helm_install_to_ready_s', () =>
    execute(helm, ['install', 'intercom-operator', chart, '--namespace', NAMESPACE, ...wait], { ...how, env }),
  );
  const manifest = join(folder, 'webhook.yaml');
  await writeFile(manifest, OBJECTS.map((object) => stringify(object)).join('---\n'));
  await timed('apply_to_ready_s', async () => {
    await cluster.kubectl('apply', '--filename', manifest);
    await cluster.kubectl('wait', '--namespace', TEAM, '--for=condition=Ready', 'icw/bench', '--timeout=120s');
  });
  note(`waiting ${IDLE_MS / 1000} s, so that all of it is idle`);
  await new Promise((resolve) => {
    AbortSignal.any([AbortSignal.timeout(IDLE_MS), how.signal]).addEventListener('abort', resolve, { once: true });
  });
  for (const [name, bytes] of await memoryOf(cluster)) printFigure(`memory_${name}_mb`, bytes / 1e6, 'MB');
}

async function timed(name: string, what: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await what();
  printFigure(name, (performance.now() - startedMs) / 1000, 's');
}

const OBJECTS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: TEAM } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: TEAM, name: 'app' },
    stringData: { secret: 'for-a-bench' },
  },
  {
    apiVersion: 'intercom-operator.io/v1alpha1',
    kind: 'IntercomWebhook',
    metadata: { namespace: TEAM, name: 'bench' },
    spec: {
      topics: ['conversation.user.created'],
      signing: { secretKeyRefs: [{ name: 'app', key: 'secret' }] },
      handlers: [{ name: 'echo', builtin: { type: 'Echo' } }],
    },
  },
];

const Summary = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      containers: z.array(z.object({ name: z.string(), memory: z.object({ workingSetBytes: z.number() }).optional() })),
    }),
  ),
});

/** Working sets as the kubelet reads them, of the largest of each kind of container. */
async function memoryOf(cluster: Cluster): Promise<Map<string, number>> {
  const nodes = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
  const [node] = nodes.parse(JSON.parse(await cluster.kubectl('get', 'nodes', '--output', 'json'))).items;
  const path = `/api/v1/nodes/${node?.metadata.name}/proxy/stats/summary`;
  const { pods } = Summary.parse(JSON.parse(await cluster.kubectl('get', '--raw', path)));
  const largest = new Map<string, number>();
  for (const { podRef, containers } of pods) {
    if (![NAMESPACE, TEAM].includes(podRef.namespace)) continue;
    for (const { name, memory } of containers) {
      largest.set(name, Math.max(largest.get(name) ?? 0, memory?.workingSetBytes ?? 0));
    }
  }
  return new Map([...largest].toSorted(([a], [b]) => a.localeCompare(b)));
}

const run = interruption(DEADLINE_MS);
await runToEnd(measure(run.signal), run);
