import type { Broker } from './approach.ts';
import type { Promises } from './promises.ts';
import type { Injection, Scene } from './scene.ts';

export interface Drill {
  readonly name: string;
  readonly about: string;
  /** A few seconds of load, and gentle: also run by the tests. */
  readonly isShort: boolean;
  readonly broker: Broker;
  /** Where the broker need not sync each message: one disk does some hundred a second. */
  readonly syncAlways?: false;
  /** Where the workers keep their claims; in JetStream where nothing is said. */
  readonly claims?: 'redis';
  /** Replicas of the worker, each with its handler; 2 where nothing is said. */
  readonly workers?: number;
  /** The clocks of the workers can be set. */
  readonly setsClocks?: true;
  /** How many the load is spread over; where nothing is said, each has a notification every five seconds. */
  readonly conversations?: number;
  readonly promises: Promises;
  /** When Intercom tries again what failed: after the fault, as its minute would be. */
  readonly retryAfterMs: number;
  /** Of an ingress that is asked to end: as in a cluster, where the drill is about that. */
  readonly drainDelayMs?: number;
  /** Of load before the first fault; 2.5 s where nothing is said. */
  readonly leadMs?: number;
  /** How long the load has to last for the fault to be inside it. */
  readonly faultMs: (durationMs: number) => number;
  readonly play: (scene: Scene) => Promise<readonly Injection[]>;
  /** It uses what only that kernel offers. */
  readonly needs?: 'linux';
}

export const one = (fault: (scene: Scene) => Promise<Injection>) => async (scene: Scene) => [await fault(scene)];
