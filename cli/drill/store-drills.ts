import { flushRedis, freezeRedis, killLeaderOfClaims, killRedis } from './claims-faults.ts';
import { jumpClocks, killBesideFastClock } from './clock-faults.ts';
import { type Drill, one } from './drill.ts';
import type { Promises } from './promises.ts';
import { deleteStream } from './stream-faults.ts';

const KEPT: Promises = { errors: 'none', order: 'kept' };

const common = { isShort: false, broker: 'one server', retryAfterMs: 3_000, promises: KEPT } as const;
const redis = { ...common, claims: 'redis' } as const;

/** Of what the workers know by: their claims, their clocks, their stream. */
export const STORE_DRILLS: readonly Drill[] = [
  {
    ...redis,
    name: 'redis-kill',
    about: 'claims in Redis: SIGKILL to redis-server, away for 5 s, back with its file',
    faultMs: () => 6_000,
    play: one((scene) => killRedis(scene, 5_000)),
  },
  {
    ...redis,
    name: 'redis-freeze',
    about: 'claims in Redis: SIGSTOP to redis-server for 10 s',
    faultMs: () => 10_000,
    play: one((scene) => freezeRedis(scene, 10_000)),
  },
  {
    ...redis,
    name: 'redis-flush',
    about: 'claims in Redis: FLUSHALL',
    promises: { ...KEPT, twice: 'counted' },
    faultMs: () => 2_000,
    play: one(flushRedis),
  },
  {
    ...common,
    name: 'claims-leader',
    about: 'three servers; the one that leads the claims gets SIGKILL, and is back when another leads',
    broker: 'a cluster of three',
    faultMs: () => 12_000,
    play: one(killLeaderOfClaims),
  },
  {
    ...common,
    name: 'clock-jump',
    about: 'the clocks of all workers are an hour ahead for 5 s, while every second call fails',
    setsClocks: true,
    faultMs: () => 6_000,
    play: one((scene) => jumpClocks(scene, 5_000)),
  },
  {
    ...common,
    name: 'clock-ahead',
    about: "one worker's clock is 20 minutes ahead; the other worker gets SIGKILL",
    setsClocks: true,
    promises: { ...KEPT, takeover: 'bounded' },
    faultMs: () => 18_000,
    play: one(killBesideFastClock),
  },
  {
    ...common,
    name: 'stream-deleted',
    about: 'the events stream is deleted, and made again after 3 s as the operator would',
    promises: { ...KEPT, stream: 'deleted' },
    faultMs: () => 6_000,
    play: one((scene) => deleteStream(scene, 3_000)),
  },
];
