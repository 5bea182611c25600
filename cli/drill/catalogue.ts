import { setTimeout as delay } from 'node:timers/promises';
import { DRAIN_DELAY_MS } from '#shared/contract.ts';
import { fillStream, freezeBroker, killBroker, killLeader } from './broker-faults.ts';
import { cutPublishes, delayAnswers, forgetConnections, refuseConnections } from './network-faults.ts';
import { killIngress, killWorker, rollIngress } from './process-faults.ts';
import { randomFaults } from './random-faults.ts';
import type { Injection, Scene } from './scene.ts';
import type { Promises } from './verdict.ts';

/** What stands between the processes and their streams. */
export type Broker = 'one server' | 'one server behind a proxy' | 'a cluster of three';

export interface Drill {
  readonly name: string;
  readonly about: string;
  /** A few seconds of load, and gentle: also run by the tests. */
  readonly isShort: boolean;
  readonly broker: Broker;
  readonly promises: Promises;
  /** When Intercom tries again what failed: after the fault, as its minute would be. */
  readonly retryAfterMs: number;
  /** Of an ingress that is asked to end: as in a cluster, where the drill is about that. */
  readonly drainDelayMs?: number;
  /** How long the load has to last for the fault to be inside it. */
  readonly faultMs: (durationMs: number) => number;
  readonly play: (scene: Scene) => Promise<readonly Injection[]>;
}

const AWAY_MS = 10_000;
const LEADER_KILLS = 4;
const LEADER_EVERY_MS = 5_000;
/** The bar for every fault of the broker: Intercom notices nothing. */
const UNNOTICED: Promises = { errors: 'none', p999Ms: 500 };

const short = { isShort: true, retryAfterMs: 3_000 };
const long = { isShort: false, retryAfterMs: AWAY_MS + 2_000, promises: UNNOTICED };

const one = (fault: (scene: Scene) => Promise<Injection>) => async (scene: Scene) => [await fault(scene)];

export const DRILLS: readonly Drill[] = [
  {
    ...short,
    name: 'ingress-roll',
    about: 'each ingress gets SIGTERM in turn and starts again; the other takes over',
    broker: 'one server',
    promises: { errors: 'none' },
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
    promises: { errors: 'in-flight' },
    faultMs: () => 3_000,
    play: one(killIngress),
  },
  {
    ...short,
    name: 'worker-kill',
    about: 'SIGKILL to a worker with calls under way',
    broker: 'one server',
    promises: { errors: 'none' },
    faultMs: () => 2_000,
    play: one(killWorker),
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
    ...long,
    name: 'random',
    about: 'all of the above but the cluster, one after another, chosen by the seed, for --duration',
    broker: 'one server behind a proxy',
    promises: { errors: 'in-flight' },
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
