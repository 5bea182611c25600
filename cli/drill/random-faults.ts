import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '#services/simulator/random.ts';
import { freezeBroker, killBroker } from './broker-faults.ts';
import { jumpClocks } from './clock-faults.ts';
import {
  answerHuge,
  askForPatience,
  crashHandler,
  failHalf,
  flap,
  hang,
  takeHandlersDown,
  trickle,
} from './handler-faults.ts';
import { heatOneKey } from './load-faults.ts';
import { hangOne } from './message-faults.ts';
import { cutPublishes, delayAnswers, forgetConnections, forgetName, refuseConnections } from './network-faults.ts';
import { killIngress, killWorker, rollIngress } from './process-faults.ts';
import type { Injection, Scene } from './scene.ts';
import { fillDisk, fillStream } from './storage-faults.ts';
import { freezeWorker, killAnyWorker } from './worker-faults.ts';

type Fault = (scene: Scene, forMs: number) => Promise<Injection>;

/** A worker that stands still for as long as a claim holds, or a call may take, calls again: nobody could know better. */
const MAX_FROZEN_MS = 7_000;

const FAULTS: readonly [Fault, ...Fault[]] = [
  killIngress,
  rollIngress,
  (scene) => killWorker(scene),
  killAnyWorker,
  (scene, forMs) => freezeWorker(scene, Math.min(forMs, MAX_FROZEN_MS)),
  crashHandler,
  takeHandlersDown,
  flap,
  hang,
  trickle,
  failHalf,
  askForPatience,
  answerHuge,
  // Longer than the timeout of a call, or there is no second.
  (scene) => hangOne(scene, 25_000),
  jumpClocks,
  heatOneKey,
  killBroker,
  freezeBroker,
  fillStream,
  cutPublishes,
  (scene, forMs) => delayAnswers(scene, 2_000, forMs),
  forgetConnections,
  refuseConnections,
  forgetName,
  ...(process.platform === 'linux' ? [fillDisk] : []),
];

/** A fault lasts 1 to 10 s where it lasts at all; then there are 2 to 6 s of peace. */
const LENGTH_MS = { from: 1_000, to: 10_000 };
const PEACE_MS = { from: 2_000, to: 6_000 };

interface Step {
  readonly fault: Fault;
  readonly forMs: number;
  readonly peaceMs: number;
}

/** The next fault, how long it lasts, and the peace after it. Pure: the same draws give the same step. */
export function drawStep(random: Random): Step {
  const between = ({ from, to }: { from: number; to: number }) => from + random.int(to - from);
  return { fault: random.pick(FAULTS), forMs: between(LENGTH_MS), peaceMs: between(PEACE_MS) };
}

/** One fault after another until the time is over. The same seed gives the same faults in the same order. */
export async function randomFaults(scene: Scene): Promise<readonly Injection[]> {
  const { random, durationMs, signal } = scene;
  const endMs = performance.now() + durationMs;
  const injections: Injection[] = [];
  while (performance.now() < endMs) {
    const { fault, forMs, peaceMs } = drawStep(random);
    injections.push(await fault(scene, forMs));
    await delay(peaceMs, undefined, { signal });
  }
  return injections;
}
