import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod';
import { systemClock } from '#operator/clock.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { createQueue } from '#operator/queue.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { failoverSeconds, installCrd } from './engine-failover.ts';
import { median, note, printFigure } from './figure.ts';

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
/** An operator reads much at its start and little later; with room for young objects it would keep 80 MB for them. */
const NODE_FLAGS = ['--max-semi-space-size=2'];

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
  const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
  await kube.create(namespaces, { metadata: { name: namespace } }, how);
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
  const operator = join(folder, 'operator.mjs');
  await build({
    entryPoints: { mirror: 'bench/engine-mirror.ts', operator: 'operator/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const connection = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
  const kube = createKube({ connection, fieldManager: 'bench', userAgent: 'bench', random: Math.random });
  await installCrd(kube);
  await fill(kube, 'few', 500);
  await fill(kube, 'many', 5000);
  kube.close();
  const mirror = async (namespace: string, idleMs: number) => {
    const { stdout } = await run(process.execPath, [
      ...NODE_FLAGS,
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
