import { setTimeout as delay } from 'node:timers/promises';
import { DRAIN_DELAY_MS } from '#shared/contract.ts';
import { freezeBroker, killBroker, killLeader } from './broker-faults.ts';
import { type Drill, one } from './drill.ts';
import { HANDLER_DRILLS } from './handler-drills.ts';
import { cutPublishes, delayAnswers, forgetConnections, forgetName, refuseConnections } from './network-faults.ts';
import { killIngress, killWorker, rollIngress } from './process-faults.ts';
import type { Promises } from './promises.ts';
import { randomFaults } from './random-faults.ts';
import type { Injection, Scene } from './scene.ts';
import { fillDisk, fillStream } from './storage-faults.ts';
import { STORE_DRILLS } from './store-drills.ts';
import { WORKER_DRILLS } from './worker-drills.ts';

const AWAY_MS = 10_000;
const LEADER_KILLS = 4;
const LEADER_EVERY_MS = 5_000;
/** The bar for every fault of the broker: Intercom notices nothing. */
const UNNOTICED: Promises = { errors: 'none', p999Ms: 500, order: 'kept' };
/** And soon after it all is as before. */
const CAUGHT_UP: Promises = { ...UNNOTICED, storedWithinMs: 10_000 };

const short = { isShort: true, retryAfterMs: 3_000 };
const long = { isShort: false, retryAfterMs: AWAY_MS + 2_000, promises: CAUGHT_UP };

/**
 * Processes that have just started, and two cores for all of them, fall behind 1000/s: measured, it takes them 8 s to
 * have their code compiled and to answer what has waited.
 */
const STARTED_MS = 15_000;

/**
 * At 1000/s the broker leaves syncing to the kernel: a disk of its own syncs some hundred messages a second, and what
 * SIGKILL, SIGSTOP and a slow network leave of a server keeps what the kernel was given.
 */
const fast = {
  ...long,
  promises: { ...CAUGHT_UP, ratePerSecond: 1_000 },
  syncAlways: false as const,
  leadMs: STARTED_MS,
};

export const DRILLS: readonly Drill[] = [
  {
    ...short,
    name: 'ingress-roll',
    about: 'each ingress gets SIGTERM in turn and starts again; the other takes over',
    broker: 'one server',
    promises: { errors: 'none', order: 'kept' },
    drainDelayMs: DRAIN_DELAY_MS,
    // Two replicas, each with its delay and a second for its end and start.
    faultMs: () => 2 * (DRAIN_DELAY_MS + 1_000),
    play: one(rollIngress),
  },
  {
    ...short,
    name: 'ingress-kill',
    about: 'SIGKILL to an ingress with requests under way',
    broker: 'one server behind a proxy',
    promises: { errors: 'in-flight', order: 'kept' },
    faultMs: () => 3_000,
    play: one(killIngress),
  },
  {
    ...short,
    name: 'worker-kill',
    about: 'SIGKILL to a worker with calls under way',
    broker: 'one server',
    promises: { errors: 'none', order: 'kept', takeover: 'bounded' },
    faultMs: () => 2_000,
    play: one((scene) => killWorker(scene)),
  },
  {
    ...short,
    name: 'broker-late',
    about: 'the broker answers everything 2 s late, for 4 s',
    broker: 'one server behind a proxy',
    promises: UNNOTICED,
    faultMs: () => 4_000,
    play: one((scene) => delayAnswers(scene, 2_000, 4_000)),
  },
  {
    ...short,
    name: 'broker-reset',
    about: 'connections are reset when half of a publish is through, four times',
    broker: 'one server behind a proxy',
    promises: UNNOTICED,
    faultMs: () => 3_000,
    play: one(cutPublishes),
  },
  {
    ...long,
    name: 'broker-kill',
    about: 'SIGKILL to nats-server, away for 10 s, back on the same store',
    broker: 'one server',
    faultMs: () => AWAY_MS,
    play: one((scene) => killBroker(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'broker-freeze',
    about: 'SIGSTOP to nats-server for 10 s',
    broker: 'one server',
    faultMs: () => AWAY_MS,
    play: one((scene) => freezeBroker(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'broker-half-open',
    about: 'connections stay open and nothing passes; new ones work after 10 s',
    broker: 'one server behind a proxy',
    faultMs: () => AWAY_MS,
    play: one((scene) => forgetConnections(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'broker-refused',
    about: 'connections are reset, new ones refused for 10 s',
    broker: 'one server behind a proxy',
    faultMs: () => AWAY_MS,
    play: one((scene) => refuseConnections(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'broker-dns',
    about: 'the DNS name of the broker is gone for 10 s, and connections are reset',
    broker: 'one server behind a proxy, by name',
    faultMs: () => AWAY_MS,
    play: one((scene) => forgetName(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'broker-disk-full',
    about: 'every write of nats-server to its disk fails for 10 s; then it is restarted',
    broker: 'one server',
    needs: 'linux',
    faultMs: () => AWAY_MS + 2_000,
    play: one((scene) => fillDisk(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'stream-full',
    about: 'the events stream takes nothing more for 10 s',
    broker: 'one server',
    faultMs: () => AWAY_MS,
    play: one((scene) => fillStream(scene, AWAY_MS)),
  },
  {
    ...long,
    name: 'leader-kill',
    about:
      'three servers; the one that leads the events stream gets SIGKILL, four times, and is back when another leads',
    broker: 'a cluster of three',
    // An election takes 4 to 9 s, and the killed one is back after it.
    faultMs: () => LEADER_KILLS * 12_000,
    play: killLeaders,
  },
  {
    ...fast,
    name: 'broker-kill-1000',
    about: 'broker-kill at 1000 notifications a second',
    broker: 'one server',
    faultMs: () => AWAY_MS,
    play: one((scene) => killBroker(scene, AWAY_MS)),
  },
  {
    ...fast,
    name: 'broker-freeze-1000',
    about: 'broker-freeze at 1000 notifications a second',
    broker: 'one server',
    faultMs: () => AWAY_MS,
    play: one((scene) => freezeBroker(scene, AWAY_MS)),
  },
  {
    ...fast,
    name: 'broker-late-1000',
    about: 'every answer of the broker 2 s late for 10 s, at 1000 notifications a second',
    broker: 'one server behind a proxy',
    faultMs: () => AWAY_MS,
    play: one((scene) => delayAnswers(scene, 2_000, AWAY_MS)),
  },
  ...WORKER_DRILLS,
  ...HANDLER_DRILLS,
  ...STORE_DRILLS,
  {
    ...long,
    name: 'random',
    about: 'all of the above that fit one installation, one after another, chosen by the seed, for --duration',
    broker: 'one server behind a proxy, by name',
    promises: { errors: 'in-flight', order: 'kept' },
    setsClocks: true,
    drainDelayMs: DRAIN_DELAY_MS,
    faultMs: (durationMs) => durationMs,
    play: randomFaults,
  },
];

async function killLeaders(scene: Scene): Promise<readonly Injection[]> {
  const injections: Injection[] = [];
  for (let kill = 0; kill < LEADER_KILLS; kill += 1) {
    const next = delay(LEADER_EVERY_MS, undefined, { signal: scene.signal });
    const [injection] = await Promise.all([killLeader(scene), next]);
    injections.push(injection);
  }
  return injections;
}
