import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '#cli/judge/judge.ts';
import { parseEntry } from '#cli/local/log-line.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { until } from '#test/support/until.ts';
import { type Counts, countsOf, grown, sumOf, textOf } from './counters.ts';
import { median, note, printFigure } from './figure.ts';
import { changeTimesMs } from './operator-change.ts';
import { CHILDREN_EACH, createFleet, createNamespaces, fleetWebhook, untilBroughtAbout } from './operator-fleet.ts';
import { floorSeconds } from './operator-floor.ts';
import { type Scene, type SceneOptions, startScene } from './operator-scene.ts';
import { interruption, runToEnd } from './run.ts';

/**
 * One operator with 500 resources, beside a real kube-apiserver and a real nats-server: how long until all of them are
 * there, and again without NATS; how soon a change has its effect; how much memory that takes; what is written while
 * nothing changes; how soon a fresh process works.
 * Bars: resources_500_s 30, change_p99_ms 250, operator_rss_mb 200, idle_writes_per_min 0, start_to_first_reconcile_ms 2000.
 */
const SIZE = 500;
const CHANGES = 100;
const IDLE_MS = 130_000;
const STARTS = 3;
const QUIET_MS = 10_000;
const DEADLINE_MS = 1_800_000;
/** From the beginning: what we render has the operator's own level in it, so another one is a change of every resource. */
const PASSES_LOGGED = { LOG_LEVEL: 'debug' };

const WRITES = /^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION) /;
/** Every process of a cluster shows by one that it lives: the operator, and the API server itself. */
const LEASES = /^\w+ leases/;

const interrupted = interruption(DEADLINE_MS);
// What is started here ends with this process.
await runToEnd(Promise.race([bench(), untilInterrupted()]), interrupted);

async function untilInterrupted(): Promise<never> {
  await once(interrupted.signal, 'abort');
  throw interrupted.signal.reason;
}

async function bench(): Promise<void> {
  let status: unknown;
  await inScene({ hasNats: true, env: PASSES_LOGGED }, async (scene) => {
    printFigure(`resources_${SIZE}_s`, await fillSeconds(scene, 'True'), 's');
    await untilQuiet(scene);
    status = await statusOfOne(scene);
    const times = await changeTimesMs(scene.kube, { size: SIZE, changes: CHANGES });
    note(`changes: p50 ${Math.round(quantile(times, 0.5))} ms, most ${Math.round(Math.max(...times))} ms`);
    printFigure('change_p99_ms', quantile(times, 0.99), 'ms');
    await untilQuiet(scene);
    const writes = await idleWrites(scene);
    printFigure('idle_writes_per_min', (sumOf(writes, (place) => !LEASES.test(place)) / IDLE_MS) * 60_000, '1/min');
    printFigure('operator_rss_mb', await residentMegabytes(scene.operator.child.pid), 'MB');
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i += 1) starts.push(await startMs(scene));
    printFigure('start_to_first_reconcile_ms', median(starts), 'ms');
  });
  printFigure(`resources_${SIZE}_floor_s`, await floorSeconds(SIZE, status), 's');
  await inScene({ hasNats: false }, async (scene) => {
    printFigure(`resources_${SIZE}_nats_away_s`, await fillSeconds(scene, 'False'), 's');
  });
}

async function inScene(how: SceneOptions, play: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await startScene(how);
  try {
    await until(() => scene.operator.leads(), { describe: 'the operator to lead', timeoutMs: 60_000 });
    await createNamespaces(scene.kube);
    await play(scene);
  } catch (error) {
    process.stderr.write(
      `${String(error)}; last words of the operator:\n${scene.operator.child.log().slice(-4_000)}\n`,
    );
    throw error;
  } finally {
    await scene.close();
  }
}

/** From the first call of the client to the last status. */
async function fillSeconds(
  { kube, calls, cpuSeconds, jetStreamCalls }: Scene,
  streamsReady: 'True' | 'False',
): Promise<number> {
  const [before, cpuBefore] = [await calls(), await cpuSeconds()];
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  await createFleet(kube, SIZE);
  note(`${SIZE} resources with their Secrets were created in ${seconds().toFixed(1)} s`);
  await untilBroughtAbout(kube, SIZE, streamsReady);
  const took = seconds();
  const made = grown(before, await calls());
  note(`calls to the API server: ${textOf(made)}`);
  if (streamsReady === 'True') {
    printFigure('applies_per_s', sumOf(made, (place) => /^(?:create|apply) /.test(place)) / took, '1/s');
    printFigure('jetstream_calls_per_resource', (await jetStreamCalls()) / SIZE, '');
  }
  note(`${SIZE * CHILDREN_EACH} objects; seconds of CPU: ${textOf(grown(cpuBefore, await cpuSeconds()))}`);
  return took;
}

async function statusOfOne({ kube }: Scene): Promise<unknown> {
  const signal = AbortSignal.timeout(QUIET_MS);
  return (await kube.get(INTERCOM_WEBHOOKS, fleetWebhook(0).metadata, { signal }))?.['status'];
}

/** What the API server was asked to write, by whomever, while nothing changed. */
async function idleWrites({ requests, operator }: Scene): Promise<Counts> {
  const passesBefore = await passesOf(operator);
  const before = await requests();
  await delay(IDLE_MS, undefined, { signal: interrupted.signal });
  const writes = new Map(Array.from(grown(before, await requests())).filter(([place]) => WRITES.test(place)));
  note(`idle for ${IDLE_MS / 1000} s, ${(await passesOf(operator)) - passesBefore} passes; written: ${textOf(writes)}`);
  return writes;
}

/** Events are written behind everything else. */
async function untilQuiet({ requests }: Scene): Promise<void> {
  const written = async () => sumOf(await requests(), (place) => WRITES.test(place) && !LEASES.test(place));
  let last = { count: -1, sinceMs: 0 };
  const isQuiet = async () => {
    const count = await written();
    if (count !== last.count) last = { count, sinceMs: performance.now() };
    return performance.now() - last.sinceMs >= QUIET_MS;
  };
  await until(isQuiet, { describe: 'nothing to be written', timeoutMs: 300_000, everyMs: 1_000 });
}

/**
 * From the start of a process to the end of its first pass over a resource. Its log says when that was: to ask it for its
 * metrics every 50 ms took a tenth of its processor, and the figure was 400 ms more.
 */
async function startMs({ operator, cpuSeconds }: Scene): Promise<number> {
  await operator.child.stop();
  const beganMs = Date.now();
  await operator.child.restart();
  const firstAtMs = await until(() => firstPassAtMs(operator.child.log(), beganMs), {
    describe: 'a pass',
    timeoutMs: 60_000,
  });
  const cpu = (await cpuSeconds()).get('operator') ?? 0;
  await until(async () => (await passesOf(operator)) >= SIZE, {
    describe: 'all passes',
    timeoutMs: 120_000,
    everyMs: 250,
  });
  const [firstMs, allMs] = [firstAtMs - beganMs, Date.now() - beganMs];
  note(`first pass after ${firstMs} ms and ${cpu} s of CPU, all ${SIZE} after ${allMs} ms`);
  return firstMs;
}

function firstPassAtMs(log: string, sinceMs: number): number | undefined {
  return log
    .split('\n')
    .map(parseEntry)
    .filter((entry) => entry?.['msg'] === 'reconciled')
    .map((entry) => Date.parse(String(entry?.['time'])))
    .find((atMs) => atMs >= sinceMs);
}

async function passesOf(operator: Scene['operator']): Promise<number> {
  return sumOf(countsOf((await operator.ask('/metrics')).text, 'intercom_operator_reconciles_total', []));
}

/** What a process holds now, in MB. Linux alone has this file. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}
