import { type Drill, one } from './drill.ts';
import { heatOneKey, spreadOverKeys } from './load-faults.ts';
import { hangOne, poison } from './message-faults.ts';
import type { Promises } from './promises.ts';
import { freezeWorker, killWorkers, scaleWorkers } from './worker-faults.ts';

const KEPT: Promises = { errors: 'none', order: 'kept' };
/** What one key waits for is not the business of the others. */
const OTHERS_GO_ON: Promises = { ...KEPT, waitP99Ms: 1_000 };

const common = { isShort: false, broker: 'one server', retryAfterMs: 3_000 } as const;

/** Of workers, and of what they do with single messages and keys. */
export const WORKER_DRILLS: readonly Drill[] = [
  {
    ...common,
    name: 'workers-killed',
    about: 'SIGKILL to one of two workers, at random, four times',
    promises: { ...KEPT, takeover: 'bounded' },
    faultMs: () => 45_000,
    play: killWorkers,
  },
  {
    ...common,
    name: 'workers-scaled',
    about: 'replicas 4 → 1 → 4 → 2 → 1, those that go by SIGTERM',
    workers: 4,
    promises: { ...KEPT, takeover: 'bounded' },
    faultMs: () => 4 * 9_000,
    play: scaleWorkers,
  },
  {
    ...common,
    name: 'worker-frozen',
    about: 'SIGSTOP to a worker for 7 s',
    isShort: true,
    promises: KEPT,
    faultMs: () => 7_000,
    play: one((scene) => freezeWorker(scene, 7_000)),
  },
  {
    ...common,
    name: 'poison',
    about: 'one notification costs every worker its life that has it in its hands',
    promises: { ...KEPT, takeover: 'bounded', deadLetters: { CrashedWorker: 1 } },
    // A claim of a worker that died holds for 10 s, five times.
    faultMs: () => 80_000,
    play: poison,
  },
  {
    ...common,
    name: 'one-hangs',
    about: 'one notification is never answered for 25 s, all others are',
    promises: OTHERS_GO_ON,
    faultMs: () => 25_000,
    play: one((scene) => hangOne(scene, 25_000)),
  },
  {
    ...common,
    name: 'hot-key',
    about: 'one conversation gets 100 notifications a second for 10 s, three times what one after another takes',
    promises: OTHERS_GO_ON,
    faultMs: () => 10_000,
    play: one((scene) => heatOneKey(scene, 10_000)),
  },
  {
    ...common,
    name: 'many-keys',
    about: 'no fault, but 10 000 keys, at 500 notifications a second',
    syncAlways: false,
    // Each has a conversation, a contact, a ticket and a company.
    conversations: 4_000,
    promises: { ...OTHERS_GO_ON, ratePerSecond: 500 },
    faultMs: () => 55_000,
    play: one((scene) => spreadOverKeys(scene, { keys: 10_000, forMs: 55_000 })),
  },
];
