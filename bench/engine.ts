import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod';
import { AS_SHIPPED, bundle } from '#cli/local/bundle.ts';
import { systemClock } from '#operator/clock.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { NAMESPACES } from '#operator/kube/resource.ts';
import { createQueue } from '#operator/queue.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { failoverSeconds, installCrd } from './engine-failover.ts';
import { median, note, printFigure } from './figure.ts';
import { OPERATOR_NODE_OPTIONS } from './operator-node-options.ts';

/**
 * The operator's engine beside a real kube-apiserver: how fast its queue is, how soon a fresh process holds 500 objects,
 * what it weighs with 5000 objects of 10 kB, and how long nobody leads after a leader was killed, or asked to end. The processes are bundled, as in the image.
 * Bars: queue_ops_per_s 200000, start_to_synced_ms 1500 (500 objects), engine_rss_mb 150,
 * failover_s 15, handover_s 2.
 */
const ROUNDS = 5;
const QUEUE_KEYS = 10_000;
const OBJECT_BYTES = 10_000;
const IDLE_MS = 5_000;
const AT_ONCE = 20;

const run = promisify(execFile);
const Figures = z.object({
  objects: z.int(),
  startToSyncedMs: z.number(),
  listMs: z.number(),
  rssMb: z.number(),
  peakMb: z.number(),
});

/** One operation: add a key, take it, be done with it. */
async function queueOperationsPerSecond(): Promise<number> {
  const queue = createQueue<string>({ clock: systemClock, random: Math.random });
  const { signal } = new AbortController();
  const keys = Array.from({ length: QUEUE_KEYS }, (_, i) => `crm/webhook-${i}`);
  const startMs = performance.now();
  for (const key of keys) queue.add(key);
  for (let taken = 0; taken < QUEUE_KEYS; taken += 1) queue.done(await queue.take(signal));
  return (QUEUE_KEYS / (performance.now() - startMs)) * 1000;
}

async function fill(kube: Kube, namespace: string, count: number): Promise<void> {
  const how = { signal: AbortSignal.timeout(300_000) };
  const text = 'x'.repeat(OBJECT_BYTES);
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
  await kube.create(NAMESPACES, { metadata: { name: namespace } }, how);
  const names = Array.from({ length: count }, (_, i) => `object-${i}`);
  for (let start = 0; start < count; start += AT_ONCE) {
    const batch = names.slice(start, start + AT_ONCE);
    await Promise.all(
      batch.map((name) => kube.create(configMaps, { metadata: { namespace, name }, data: { text } }, how)),
    );
  }
}

const rates: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) rates.push(await queueOperationsPerSecond());
printFigure('queue_ops_per_s', median(rates), '1/s');

const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'));
const server = await startKubeApiserver();
try {
  const program = join(folder, 'mirror.mjs');
  const operator = join(folder, ENTRY_POINTS.operator);
  await build({ ...AS_SHIPPED, entryPoints: { mirror: 'bench/engine-mirror.ts' }, outdir: folder });
  await bundle(folder);
  const connection = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
  const kube = createKube({ connection, fieldManager: 'bench', userAgent: 'bench', random: Math.random });
  await installCrd(kube);
  await fill(kube, 'few', 500);
  await fill(kube, 'many', 5000);
  kube.close();
  const mirror = async (namespace: string, idleMs: number) => {
    const { stdout } = await run(process.execPath, [
      ...OPERATOR_NODE_OPTIONS,
      program,
      server.kubeconfig,
      namespace,
      String(idleMs),
    ]);
    return Figures.parse(JSON.parse(stdout));
  };
  const few: z.output<typeof Figures>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) few.push(await mirror('few', 0));
  printFigure('reflector_500_objects_ms', median(few.map(({ listMs }) => listMs)), 'ms');
  printFigure('start_to_synced_ms', median(few.map(({ startToSyncedMs }) => startToSyncedMs)), 'ms');
  const many = await mirror('many', IDLE_MS);
  note(`${many.objects} objects listed in ${Math.round(many.listMs)} ms, at most ${Math.round(many.peakMb)} MB`);
  printFigure('engine_rss_mb', many.rssMb, 'MB');
  printFigure('failover_s', await failoverSeconds(server.kubeconfig, operator, 'SIGKILL'), 's');
  printFigure('handover_s', await failoverSeconds(server.kubeconfig, operator, 'SIGTERM'), 's');
} finally {
  await server.close();
  await rm(folder, { recursive: true });
}
