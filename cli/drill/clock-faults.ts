import { setTimeout as delay } from 'node:timers/promises';
import type { Clocks } from './clocks.ts';
import { WORK } from './handler/order.ts';
import { handlerPods, tellHandlers } from './handler-control.ts';
import { killWorker } from './process-faults.ts';
import { type Injection, podsWith, type Scene, untilSeen } from './scene.ts';

const HOUR_MS = 3_600_000;
/** Nearer to the truth than to any offset. */
const NEAR_MS = 60_000;

/**
 * The clocks of all workers are an hour ahead, and then right again. Meanwhile every second call fails, so that there are
 * retries whose time is set by one clock and comes by the other.
 */
export async function jumpClocks(scene: Scene, forMs: number): Promise<Injection> {
  const pods = workerNames(scene);
  const what = `clocks of the workers an hour ahead for ${forMs} ms, while every second call fails`;
  scene.note(what);
  const handlers = handlerPods(scene);
  const fromMs = Date.now();
  await tellHandlers(handlers, { manner: { kind: 'answer', status: 500 }, which: { kind: 'one-in', times: 2 } });
  try {
    await setAll(scene, pods, HOUR_MS);
    await delay(forMs, undefined, { signal: scene.signal });
  } finally {
    await setAll(scene, pods, 0);
    await tellHandlers(handlers, WORK);
  }
  return { what, fromMs, toMs: Date.now(), proof: `${pods.length} workers believed it, there and back` };
}

const AHEAD_MS = 20 * 60_000;

/** One worker is 20 minutes ahead all the time, and another dies: what it has claimed must not be taken for old. */
export async function killBesideFastClock(scene: Scene): Promise<Injection> {
  const [fast, ...others] = workerNames(scene);
  if (fast === undefined || others.length === 0) throw new Error('this drill needs two workers');
  scene.note(`clock of ${fast} 20 minutes ahead`);
  await setAll(scene, [fast], AHEAD_MS);
  try {
    const killed = await killWorker(scene, (name) => name !== fast);
    // Until the last of its claims is over.
    await delay(13_000, undefined, { signal: scene.signal });
    return { ...killed, what: `${killed.what}, the other being 20 minutes ahead`, toMs: Date.now() };
  } finally {
    await setAll(scene, [fast], 0);
  }
}

const workerNames = (scene: Scene): string[] =>
  podsWith(scene, 'worker')
    .filter((pod) => pod.pidOf('worker') !== null)
    .map(({ plan }) => plan.name);

/** Resolves when each has noticed. @throws Error when one does not */
async function setAll(scene: Scene, pods: readonly string[], offsetMs: number): Promise<void> {
  const clocks = clocksOf(scene);
  await Promise.all(pods.map((pod) => clocks.set(pod, offsetMs)));
  const isBelieved = async (pod: string) =>
    Math.abs(((await clocks.believes(pod)) ?? 0) - Date.now() - offsetMs) < NEAR_MS;
  const areBelieved = async () => (await Promise.all(pods.map(isBelieved))).every(Boolean);
  await untilSeen('clocks that are set', areBelieved, { everyMs: 20, signal: scene.signal });
}

/** @throws Error in a drill that asked for none */
function clocksOf({ clocks }: Scene): Clocks {
  if (clocks === null) throw new Error('the clocks of this drill cannot be set');
  return clocks;
}
