import { setTimeout as delay } from 'node:timers/promises';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import { answers } from '#cli/local/probe.ts';
import { type Ended, type Injection, podsWith, running, type Scene, untilReplaced } from './scene.ts';

const KILLS = 4;
/** The last of a killed worker's claims hold for 10 s: mostly a kill comes before they are over, sometimes after. */
const BETWEEN_KILLS_MS = { from: 2_000, to: 12_000 };

/** SIGKILL at random: to whom, and when. */
export async function killWorkers(scene: Scene): Promise<readonly Injection[]> {
  const { random, signal } = scene;
  const injections: Injection[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    if (kill > 0) {
      const { from, to } = BETWEEN_KILLS_MS;
      await delay(from + random.int(to - from), undefined, { signal });
    }
    injections.push(await killAnyWorker(scene));
  }
  return injections;
}

/** SIGKILL to a worker, whatever it does. */
export async function killAnyWorker(scene: Scene): Promise<Injection> {
  const [first, ...others] = podsWith(scene, 'worker').filter((pod) => pod.pidOf('worker') !== null);
  if (first === undefined) throw new Error('no worker process runs');
  const { pod, pid } = running([scene.random.pick([first, ...others])], 'worker');
  const underWay = scene.calls.underWay(pod.plan.name);
  const what = `worker of ${pod.plan.name} killed`;
  scene.note(`${what} with ${underWay} calls under way`);
  const fromMs = Date.now();
  process.kill(pid, 'SIGKILL');
  await untilReplaced(pod, 'worker', pid, scene.signal);
  const ended: Ended = { container: 'worker', pod: pod.plan.name, by: 'SIGKILL', atMs: fromMs };
  return { what, fromMs, toMs: Date.now(), proof: `process ${pid} → ${pod.pidOf('worker')}`, ended: [ended] };
}

/** A step is over when shares have moved, and what was under way has ended. */
const SETTLED_MS = 5_000;

/** From four replicas to one, to four, two and one: as an autoscaler does it, with SIGTERM. */
export async function scaleWorkers(scene: Scene): Promise<readonly Injection[]> {
  const injections: Injection[] = [];
  for (const replicas of [1, 4, 2, 1]) injections.push(await scaleTo(scene, replicas));
  return injections;
}

async function scaleTo(scene: Scene, replicas: number): Promise<Injection> {
  const pods = podsWith(scene, 'worker');
  const isUp = (pod: Pod) => pod.pidOf('worker') !== null;
  const before = pods.filter(isUp).length;
  const what = `workers scaled from ${before} to ${replicas}`;
  scene.note(what);
  const fromMs = Date.now();
  const [wanted, unwanted] = [pods.slice(0, replicas), pods.slice(replicas)];
  const leaving = unwanted.filter(isUp);
  const ended = leaving.map(
    ({ plan }) => ({ container: 'worker', pod: plan.name, by: 'SIGTERM', atMs: fromMs }) as const,
  );
  await Promise.all([
    ...leaving.map((pod) => pod.stop()),
    ...wanted.filter((pod) => !isUp(pod)).map((pod) => startReady(pod, scene.signal)),
  ]);
  const after = pods.filter(isUp).length;
  await delay(SETTLED_MS, undefined, { signal: scene.signal });
  return {
    what,
    fromMs,
    toMs: Date.now(),
    proof: after === replicas && after !== before ? `${after} run` : null,
    ended,
  };
}

async function startReady(pod: Pod, signal: AbortSignal): Promise<void> {
  await pod.start(signal);
  await untilReplaced(pod, 'worker', 0, signal);
}

/** SIGSTOP to the worker with the most calls under way: it is not dead, and does not know that it was away. */
export async function freezeWorker(scene: Scene, forMs: number): Promise<Injection> {
  const { calls, signal } = scene;
  const busiest = podsWith(scene, 'worker').toSorted(
    (a, b) => calls.underWay(b.plan.name) - calls.underWay(a.plan.name),
  );
  const { pod, pid } = running(busiest, 'worker');
  const what = `worker of ${pod.plan.name} frozen for ${forMs} ms`;
  scene.note(`${what} with ${calls.underWay(pod.plan.name)} calls under way`);
  const probe = pod.plan.containers.find(({ name }) => name === 'worker')?.readiness ?? null;
  let [asked, answered] = [0, 0];
  const fromMs = Date.now();
  const endMs = performance.now() + forMs;
  process.kill(pid, 'SIGSTOP');
  try {
    for await (const _ of pauses(100, signal)) {
      if (performance.now() >= endMs) break;
      asked += 1;
      if (probe !== null && (await answers(probe))) answered += 1;
    }
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return { what, fromMs, toMs: Date.now(), proof: asked > 0 && answered === 0 ? `no answer to ${asked} probes` : null };
}
