import { type Drill, one } from './drill.ts';
import {
  answerHuge,
  askForPatience,
  crashHandlers,
  failHalf,
  flap,
  hang,
  takeHandlersDown,
  trickle,
} from './handler-faults.ts';
import type { Promises } from './promises.ts';

const KEPT: Promises = { errors: 'none', order: 'kept' };
/** A handler that is away costs nobody anything. */
const FREE: Promises = { ...KEPT, attempts: 'none' };

const common = { isShort: false, broker: 'one server', retryAfterMs: 3_000, promises: KEPT } as const;

/** Of handlers that do not do as they should. */
export const HANDLER_DRILLS: readonly Drill[] = [
  {
    ...common,
    name: 'handler-hangs',
    about: 'no handler answers what it is called with in these 5 s',
    faultMs: () => 5_000,
    play: one((scene) => hang(scene, 5_000)),
  },
  {
    ...common,
    name: 'handler-crashes',
    about: 'SIGKILL to a handler with calls under way, four times',
    promises: FREE,
    faultMs: () => 16_000,
    play: crashHandlers,
  },
  {
    ...common,
    name: 'handler-500',
    about: 'every second call is answered 500, for 5 s',
    isShort: true,
    faultMs: () => 5_000,
    play: one((scene) => failHalf(scene, 5_000)),
  },
  {
    ...common,
    name: 'handler-flaps',
    about: 'all handlers close their port for a second, open it for a second, for 10 s',
    promises: FREE,
    faultMs: () => 13_000,
    play: one((scene) => flap(scene, 10_000)),
  },
  {
    ...common,
    name: 'handler-retry-after',
    about: 'every third call is answered 429, with Retry-After: 3, for 5 s',
    faultMs: () => 5_000,
    play: one((scene) => askForPatience(scene, 5_000)),
  },
  {
    ...common,
    name: 'handler-huge',
    about: 'every answer has 64 MiB, for 5 s',
    faultMs: () => 5_000,
    play: one((scene) => answerHuge(scene, 5_000)),
  },
  {
    ...common,
    name: 'handler-trickles',
    about: 'no answer to what is called in these 5 s ever ends: a byte comes every 100 ms',
    faultMs: () => 5_000,
    play: one((scene) => trickle(scene, 5_000)),
  },
  {
    ...common,
    name: 'handler-down',
    about: 'all handlers are down for 20 s',
    promises: FREE,
    faultMs: () => 20_000,
    play: one((scene) => takeHandlersDown(scene, 20_000)),
  },
];
