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
import { quantile } from '#cli/judge/judge.ts';
import { freePort } from '#cli/local/free-port.ts';
import { parseEntry } from '#cli/local/log-line.ts';
import { pauses } from '#cli/local/pauses.ts';
import type { LocalContainer } from '#cli/local/plan.ts';
import { type Local, up } from '#cli/local/up.ts';
import { median, note, printFigure } from './figure.ts';

/**
 * The whole line: simulator → ingress → JetStream → worker → handler, each a process of its own, on this machine.
 * Bars: send_to_handler_p99_ms 25 at 500/s, ingress_start_ms 300, ingress_idle_rss_mb 90.
 */
const RATE = 500;
/** Compilers and caches are cold at first; what is sent in this time is not measured. */
const WARM_UP_SECONDS = 5;
/**
 * A machine that stands still for 100 ms is all of the slowest hundredth of 10 s, and says nothing of the line: so the p99 is
 * the median of those of windows.
 */
const WINDOWS = 6;
const WINDOW_SECONDS = 10;
const SECONDS = WARM_UP_SECONDS + WINDOWS * WINDOW_SECONDS;
const STARTS = 7;
const HANDLER_PORT = 18_080;
const FILE = fileURLToPath(new URL('./line.yaml', import.meta.url));

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const signal = AbortSignal.any([AbortSignal.timeout(180_000), interrupted.signal]);
const firstCallMs = new Map<string, number>();
const handler = await listenAsHandler(firstCallMs);
const local = await up({
  file: FILE,
  redis: process.argv.includes('--redis'),
  env: process.env,
  signal,
  onProgress: note,
  events: { onLine: () => undefined, onExit: (pod, container, how) => note(`${pod}/${container} ended: ${how}`) },
});
try {
  const [ingress, worker] = [container(local, 'ingress'), container(local, 'worker')];
  printFigure('ingress_idle_rss_mb', await residentMegabytes(ingress), 'MB');
  printFigure('worker_idle_rss_mb', await residentMegabytes(worker), 'MB');
  const before = [await cpuSeconds(ingress), await cpuSeconds(worker)] as const;
  const windows = await sendThrough(local, ingress);
  printFigure('ingress_cpu_us', (((await cpuSeconds(ingress)) - before[0]) * 1e6) / (RATE * SECONDS), 'us');
  printFigure('worker_cpu_us', (((await cpuSeconds(worker)) - before[1]) * 1e6) / (RATE * SECONDS), 'us');
  const [p50s, p99s] = [0.5, 0.99].map((share) => windows.map((latenciesMs) => quantile(latenciesMs, share)));
  note(`p99 of each ${WINDOW_SECONDS} s: ${p99s?.map(Math.round).join(', ')} ms`);
  printFigure('send_to_handler_p50_ms', median(p50s ?? []), 'ms');
  printFigure('send_to_handler_p99_ms', median(p99s ?? []), 'ms');
  printFigure('worker_rss_mb', await residentMegabytes(worker), 'MB');
  printFigure('ingress_rss_mb', await residentMegabytes(ingress), 'MB');
  printFigure('ingress_start_ms', await startMs(ingress), 'ms');
} finally {
  await local.stop();
  handler.closeAllConnections();
  handler.close();
}
// See the end of cli/main.ts.
process.exit();

/**
 * Sends for {@link SECONDS} at {@link RATE}.
 * @returns ms from the first attempt to the handler's first call, sorted, of each window
 */
async function sendThrough({ webhooks, startPods }: Local, ingress: LocalContainer): Promise<number[][]> {
  const [target] = webhooks;
  if (target === undefined) throw new Error(`${FILE} holds no IntercomWebhook`);
  const port = await freePort();
  await startPods([simulatorPod(port, '1s')], signal);
  const intercom = new Intercom(port);
  // Straight to the process: the Service of local mode is a proxy in this process, that of a cluster is in the kernel.
  const url = `http://127.0.0.1:${ingress.ports['webhook']}${target.webhook.spec.endpoint.path}`;
  await intercom.saveUrl({ url, secret: target.clientSecret, appId: 'abc12345' });
  const count = RATE * SECONDS;
  note(`sending ${count} notifications at ${RATE}/s`);
  await intercom.send({ count, ratePerSecond: RATE, seed: 1, conversations: 1000 });
  for await (const _ of pauses(250, signal)) if (firstCallMs.size >= count) break;
  const sent = (await intercom.notifications()).filter(({ kind }) => kind === 'good');
  const fromMs = (sent[0]?.sentAtMs ?? 0) + WARM_UP_SECONDS * 1000;
  return Array.from({ length: WINDOWS }, (_, i) => {
    const beginsMs = fromMs + i * WINDOW_SECONDS * 1000;
    return sent
      .filter(({ sentAtMs }) => sentAtMs >= beginsMs && sentAtMs < beginsMs + WINDOW_SECONDS * 1000)
      .map(({ key, attempts, sentAtMs }) => (firstCallMs.get(key) ?? Infinity) - (attempts[0]?.atMs ?? sentAtMs))
      .toSorted((a, b) => a - b);
  });
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

async function residentMegabytes(of: LocalContainer): Promise<number> {
  return (await metric(of, 'process_resident_memory_bytes')) / 2 ** 20;
}

function cpuSeconds(of: LocalContainer): Promise<number> {
  return metric(of, 'process_cpu_seconds_total');
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

function container({ pods }: Local, name: string): LocalContainer {
  const found = pods.flatMap((pod) => pod.plan.containers).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

/** The handler: notes when each notification first came, by `<app_id>:<id>`. */
async function listenAsHandler(calls: Map<string, number>): Promise<Server> {
  const server = createServer((incoming, reply) => {
    const key = String(incoming.headers['idempotency-key']).replace(/:bench$/, '');
    if (!calls.has(key)) calls.set(key, performance.timeOrigin + performance.now());
    incoming.resume().on('end', () => reply.end());
  });
  server.listen(HANDLER_PORT, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
