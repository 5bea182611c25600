import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { Intercom, simulatorPod } from '#cli/judge/intercom.ts';
import { freePort } from '#cli/local/free-port.ts';
import { parseEntry } from '#cli/local/log-line.ts';
import type { LocalContainer } from '#cli/local/plan.ts';
import type { Pod } from '#cli/local/pod.ts';
import { type Local, up } from '#cli/local/up.ts';
import { findOnPath } from '#cli/programs/probe.ts';
import { candidate, containerOf, inItsPlace, podOf } from './candidate.ts';
import { median, note, printFigure } from './figure.ts';
import { goProgram } from './go-build.ts';
import { type Line, medianOf, type Turns, takeTurns } from './line-turns.ts';
import { interruption, runToEnd } from './run.ts';

/**
 * The whole line: simulator → ingress → JetStream → worker → handler, each a process of its own, on this machine; and in turn
 * with it one in which a hand-written Go program does the job of the ingress, and another one that of the worker
 * (`bench/peers/go`), for what the machine does to either.
 * Bars: send_to_handler_p99_ms 25 at 500/s, ingress_start_ms 300, ingress_idle_rss_mb 90.
 */
const STARTS = 7;
const HANDLER_PORT = 18_080;
/** Go programs that were never built here take minutes of it. */
const DEADLINE_MS = 10 * 60_000;
const FILE = fileURLToPath(new URL('./line.yaml', import.meta.url));

const interrupting = interruption(DEADLINE_MS);
const { signal } = interrupting;
await runToEnd(bench(), interrupting);

async function bench(): Promise<void> {
  const firstCallMs = new Map<string, number>();
  const handler = await listenAsHandler(firstCallMs);
  const programs = await goPrograms();
  const local = await up({
    file: FILE,
    redis: process.argv.includes('--redis'),
    env: process.env,
    signal,
    onProgress: note,
    events: { onLine: () => undefined, onExit: (pod, container, how) => note(`${pod}/${container} ended: ${how}`) },
  });
  try {
    const ours = podsOf(local, 'bench');
    printFigure('ingress_idle_rss_mb', await residentMegabytes(ours.ingress), 'MB');
    printFigure('worker_idle_rss_mb', await residentMegabytes(ours.worker), 'MB');
    const go = await goLine(local, programs);
    const port = await freePort();
    await local.startPods([simulatorPod(port, '1s')], signal);
    const ends = { intercom: new Intercom(port), firstCallMs, signal };
    const [turns, goTurns] = await takeTurns([lineThrough(local, 'bench', ours), ...(go === null ? [] : [go])], ends);
    if (turns !== undefined) printTurns(turns, goTurns);
    printFigure('worker_rss_mb', await residentMegabytes(ours.worker), 'MB');
    printFigure('ingress_rss_mb', await residentMegabytes(ours.ingress), 'MB');
    printFigure('ingress_start_ms', await startMs(containerOf(ours.ingress)), 'ms');
  } finally {
    await local.stop();
    handler.closeAllConnections();
    handler.close();
  }
}

function printTurns({ p50Ms, p99Ms, cpuUs }: Turns, go?: Turns): void {
  printFigure('ingress_cpu_us', medianOf(cpuUs, 0), 'us');
  printFigure('worker_cpu_us', medianOf(cpuUs, 1), 'us');
  printFigure('send_to_handler_p50_ms', median(p50Ms), 'ms');
  printFigure('send_to_handler_p99_ms', median(p99Ms), 'ms');
  if (go === undefined) return;
  printFigure('go_ingress_cpu_us', medianOf(go.cpuUs, 0), 'us');
  printFigure('go_worker_cpu_us', medianOf(go.cpuUs, 1), 'us');
  printFigure('go_send_to_handler_p50_ms', median(go.p50Ms), 'ms');
  printFigure('go_send_to_handler_p99_ms', median(go.p99Ms), 'ms');
  const ratios = p99Ms.map((each, turn) => each / (go.p99Ms[turn] ?? Number.NaN));
  printFigure('send_to_handler_p99_ratio_go', median(ratios), 'ratio');
}

interface Pods {
  readonly ingress: Pod;
  readonly worker: Pod;
}

function podsOf(local: Local, webhook: string): Pods {
  return { ingress: podOf(local, 'ingress', webhook), worker: podOf(local, 'worker', webhook) };
}

/** How to send through the processes of a resource, or those in their place. */
function lineThrough(local: Local, webhook: string, { ingress, worker }: Pods): Line {
  const found = local.webhooks.find(({ webhook: { metadata } }) => metadata.name === webhook);
  if (found === undefined) throw new Error(`${FILE} holds no IntercomWebhook ${webhook}`);
  return {
    name: webhook,
    // Straight to the process: the Service of local mode is a proxy in this process, that of a cluster is in the kernel.
    url: candidate(webhook, ingress).url,
    secret: found.clientSecret,
    cpuSeconds: () =>
      Promise.all([ingress, worker].map((pod) => metric(containerOf(pod), 'process_cpu_seconds_total'))),
  };
}

/** @returns paths of both programs; null where there is no Go to build them */
async function goPrograms(): Promise<readonly [string, string] | null> {
  const building = { env: process.env, signal, onProgress: note };
  if ((await findOnPath('go', process.env['PATH'] ?? '')).length === 0) {
    note('no line of Go programs in turn with ours: there is no Go on PATH');
    return null;
  }
  return [await goProgram('go-peer', building), await goProgram('go-worker', building)];
}

/** Go programs in the place of the processes of the second resource. */
async function goLine(local: Local, programs: readonly [string, string] | null): Promise<Line | null> {
  const { ingress, worker } = podsOf(local, 'go');
  await Promise.all([ingress.stop(), worker.stop()]);
  if (programs === null) return null;
  const [goIngress, goWorker] = await local.startPods(
    [await inItsPlace(ingress, 'go-ingress', [programs[0]]), await inItsPlace(worker, 'go-worker', [programs[1]])],
    signal,
  );
  if (goIngress === undefined || goWorker === undefined) throw new Error('the Go programs did not start');
  return lineThrough(local, 'go', { ingress: goIngress, worker: goWorker });
}

/** From `spawn` to the line that says it listens: what a pod's start adds to its image. */
async function startMs({ argv: [, ...args], env }: LocalContainer): Promise<number> {
  const durations: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    // A spool is for one process alone.
    const spool = mkdtempSync(join(tmpdir(), 'spool-'));
    const ports = {
      SPOOL_DIR: join(spool, 'spool'),
      PORT: String(await freePort()),
      INNER_PORT: String(await freePort()),
    };
    const startedMs = performance.now();
    const child = spawn(process.execPath, args, { env: { ...env, ...ports }, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      if (parseEntry(line)?.['msg'] !== 'listening') continue;
      durations.push(performance.now() - startedMs);
      child.kill('SIGTERM');
    }
    rmSync(spool, { recursive: true });
  }
  return median(durations);
}

async function residentMegabytes(pod: Pod): Promise<number> {
  return (await metric(containerOf(pod), 'process_resident_memory_bytes')) / 2 ** 20;
}

/** One figure that a process of ours tells about itself. */
async function metric({ ports }: LocalContainer, name: string): Promise<number> {
  const response = await request(`http://127.0.0.1:${ports['inner']}/metrics`, { reset: true });
  const lines = (await response.body.text()).split('\n');
  return Number(
    lines
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .at(-1),
  );
}

/** The handler: notes when each notification first came, by `<app_id>:<id>`. */
async function listenAsHandler(calls: Map<string, number>): Promise<Server> {
  const server = createServer((incoming, reply) => {
    const key = String(incoming.headers['idempotency-key']).replace(/:[a-z]+$/, '');
    if (!calls.has(key)) calls.set(key, performance.timeOrigin + performance.now());
    incoming.resume().on('end', () => reply.end());
  });
  server.listen(HANDLER_PORT, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
