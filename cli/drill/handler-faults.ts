import { setTimeout as delay } from 'node:timers/promises';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import { answers } from '#cli/local/probe.ts';
import type { Manner, Order } from './handler/order.ts';
import { WORK } from './handler/order.ts';
import { flapHandlers, HANDLER, handlerPods, metBy, portOf, stateOf, tellHandlers } from './handler-control.ts';
import { type Ended, type Injection, running, type Scene, untilReplaced, untilSeen } from './scene.ts';

const ALL = { kind: 'all' } as const;

export const hang = (scene: Scene, forMs: number): Promise<Injection> =>
  misbehave(scene, { what: 'handlers never answer', manner: { kind: 'hang' }, forMs });

/** Every second call. */
export const failHalf = (scene: Scene, forMs: number): Promise<Injection> =>
  misbehave(scene, {
    what: 'handlers answer every second call with 500',
    manner: { kind: 'answer', status: 500 },
    which: { kind: 'one-in', times: 2 },
    forMs,
  });

const RETRY_AFTER_S = 3;

export const askForPatience = (scene: Scene, forMs: number): Promise<Injection> =>
  misbehave(scene, {
    what: `handlers answer every third call with 429, to come again after ${RETRY_AFTER_S} s`,
    manner: { kind: 'answer', status: 429, retryAfterS: RETRY_AFTER_S },
    which: { kind: 'one-in', times: 3 },
    forMs,
  });

const HUGE_BYTES = 64 * 1024 ** 2;

export const answerHuge = (scene: Scene, forMs: number): Promise<Injection> =>
  misbehave(scene, {
    what: `handlers answer with ${HUGE_BYTES} bytes`,
    manner: { kind: 'huge', bytes: HUGE_BYTES },
    forMs,
  });

/** Each byte comes soon, and the last never. */
export const trickle = (scene: Scene, forMs: number): Promise<Injection> =>
  misbehave(scene, {
    what: 'handlers answer byte by byte, without an end',
    manner: { kind: 'trickle', everyMs: 100 },
    forMs,
  });

interface Misbehaviour {
  readonly what: string;
  readonly manner: Manner;
  /** All, where nothing is said. */
  readonly which?: Order['which'];
  readonly forMs: number;
}

/** All handlers behave so, then work again. */
async function misbehave(scene: Scene, { what, manner, which = ALL, forMs }: Misbehaviour): Promise<Injection> {
  scene.note(`${what}, for ${forMs} ms`);
  const pods = handlerPods(scene);
  const fromMs = Date.now();
  await tellHandlers(pods, { manner, which });
  let met: number;
  try {
    await delay(forMs, undefined, { signal: scene.signal });
    met = await metBy(pods);
  } finally {
    await tellHandlers(pods, WORK);
  }
  return { what, fromMs, toMs: Date.now(), proof: met > 0 ? `${met} calls met it` : null };
}

const PROBE_EVERY_MS = 100;

/** Up and down in turns, so fast that no probe of Kubernetes would notice. */
export async function flap(scene: Scene, forMs: number): Promise<Injection> {
  const everyMs = 1_000;
  const what = `handlers down and up every ${everyMs} ms, for ${forMs} ms`;
  scene.note(what);
  const pods = handlerPods(scene);
  const before = await Promise.all(pods.map(stateOf));
  const fromMs = Date.now();
  await flapHandlers(pods, { everyMs, forMs });
  const refusals = await refusalsOf(pods, forMs, scene.signal);
  // It ends with a time of being there.
  await delay(2 * everyMs, undefined, { signal: scene.signal });
  await untilListening(pods, scene.signal);
  const after = await Promise.all(pods.map(stateOf));
  const openings = after.map((state, i) => state.openings - (before[i]?.openings ?? 0));
  const proof = `reopened ${openings.join(' and ')} times, ${refusals} connections refused`;
  return { what, fromMs, toMs: Date.now(), proof: refusals > 0 && openings.every((count) => count > 0) ? proof : null };
}

/** All handlers get SIGKILL and stay away for `forMs`. */
export async function takeHandlersDown(scene: Scene, forMs: number): Promise<Injection> {
  const what = `handlers down for ${forMs} ms`;
  scene.note(what);
  const pods = handlerPods(scene);
  const releases = pods.map((pod) => pod.hold(HANDLER));
  const fromMs = Date.now();
  const ended = pods.map((pod) => end(pod));
  let refusals: number;
  try {
    refusals = await refusalsOf(pods, forMs, scene.signal);
  } finally {
    for (const release of releases) release();
  }
  await untilListening(pods, scene.signal);
  const proof = refusals > 0 ? `${refusals} connections refused` : null;
  return { what, fromMs, toMs: Date.now(), proof, ended };
}

const CRASHES = 4;

/** SIGKILL to a handler with calls under way, and again to the next when it is back. */
export async function crashHandlers(scene: Scene): Promise<readonly Injection[]> {
  const injections: Injection[] = [];
  for (let crash = 0; crash < CRASHES; crash += 1) injections.push(await crashHandler(scene));
  return injections;
}

/** SIGKILL to the handler that has the most calls under way. */
export async function crashHandler(scene: Scene): Promise<Injection> {
  const { calls, signal, note } = scene;
  const busiest = () =>
    handlerPods(scene).toSorted((a, b) => calls.underWay(b.plan.name) - calls.underWay(a.plan.name));
  const isBusy = () => calls.underWay(busiest()[0]?.plan.name ?? '') > 0;
  await untilSeen('a call under way', isBusy, { everyMs: 5, signal });
  const { pod, pid } = running(busiest(), HANDLER);
  const underWay = calls.underWay(pod.plan.name);
  const what = `handler of ${pod.plan.name} killed`;
  note(`${what} with ${underWay} calls under way`);
  const fromMs = Date.now();
  const ended = [end(pod)];
  await untilReplaced(pod, HANDLER, pid, signal);
  await untilListening([pod], signal);
  return { what, fromMs, toMs: Date.now(), proof: underWay > 0 ? `${underWay} calls under way` : null, ended };
}

function end(pod: Pod): Ended {
  const { pid } = running([pod], HANDLER);
  const atMs = Date.now();
  process.kill(pid, 'SIGKILL');
  return { container: 'handler', pod: pod.plan.name, by: 'SIGKILL', atMs };
}

/** Tries to connect for so long. @returns how often it was refused */
async function refusalsOf(pods: readonly Pod[], forMs: number, signal: AbortSignal): Promise<number> {
  const endMs = performance.now() + forMs;
  let refusals = 0;
  for await (const _ of pauses(PROBE_EVERY_MS, signal)) {
    refusals += (await areListening(pods)).filter((isListening) => !isListening).length;
    if (performance.now() >= endMs) break;
  }
  return refusals;
}

/** @throws Error when a handler does not listen within 30 s */
const untilListening = (pods: readonly Pod[], signal: AbortSignal): Promise<void> =>
  untilSeen('handlers that listen', async () => (await areListening(pods)).every(Boolean), { everyMs: 50, signal });

const areListening = (pods: readonly Pod[]): Promise<boolean[]> =>
  Promise.all(pods.map((pod) => answers({ port: portOf(pod), path: null })));
