import { setTimeout as delay } from 'node:timers/promises';
import type { Manner } from '#cli/drill/proxy.ts';
import type { Random } from '#services/simulator/random.ts';
import type { Cluster, Replica } from './cluster.ts';

/** What goes wrong for a while, and is mended again. */
interface Fault {
  readonly name: string;
  run(cluster: Cluster, replica: Replica, wait: (ms: number) => Promise<unknown>, forMs: number): Promise<void>;
}

const behaving =
  (manner: Manner): Fault['run'] =>
  async (_cluster, { proxy }, wait, forMs) => {
    await proxy.behave(manner);
    try {
      await wait(forMs);
    } finally {
      await proxy.behave({ kind: 'pass' });
    }
  };

const RESETS = 10;

const FAULTS: readonly [Fault, ...Fault[]] = [
  { name: 'connections refused', run: behaving({ kind: 'refuse' }) },
  { name: 'connections half open', run: behaving({ kind: 'silent' }) },
  { name: 'answers late', run: behaving({ kind: 'late', delayMs: 700 }) },
  {
    name: 'connections reset again and again',
    run: async (cluster, replica, wait, forMs) => {
      for (let i = 0; i < RESETS; i += 1) {
        await behaving({ kind: 'refuse' })(cluster, replica, wait, 50);
        await wait(forMs / RESETS);
      }
    },
  },
  {
    name: 'API server killed',
    run: async ({ server }, _replica, wait, forMs) => {
      await server.kill();
      await wait(forMs / 5);
      await server.restart();
    },
  },
  {
    name: 'API server forgets its past',
    run: async ({ server }) => {
      await server.compact();
      // What it keeps in memory would still reach further back.
      await server.kill();
      await server.restart();
    },
  },
  {
    name: 'API server stands still',
    run: async ({ server }, _replica, wait, forMs) => {
      await server.freeze();
      try {
        await wait(forMs);
      } finally {
        server.thaw();
      }
    },
  },
  {
    name: 'nats-server killed',
    run: async ({ nats }, _replica, wait, forMs) => {
      await nats.kill();
      await wait(forMs);
      await nats.restart();
    },
  },
  {
    name: 'nats-server stands still',
    run: async ({ nats }, _replica, wait, forMs) => {
      await nats.freeze();
      try {
        await wait(forMs);
      } finally {
        nats.thaw();
      }
    },
  },
  {
    name: 'replica stands still',
    run: async (_cluster, { operator }, wait, forMs) => {
      await operator.child.freeze();
      try {
        await wait(forMs);
      } finally {
        operator.child.thaw();
      }
    },
  },
  ...(['SIGKILL', 'SIGTERM'] as const).map((signal) => ({
    name: `replica gets ${signal}`,
    run: async (
      { mortal: { operator } }: Cluster,
      _replica: Replica,
      wait: (ms: number) => Promise<unknown>,
      forMs: number,
    ) => {
      await operator.child.stop(signal);
      await wait(forMs / 5);
      await operator.child.restart();
    },
  })),
];

/** Longer than a lease holds, so that some cost a leader its term. */
const LENGTH_MS = { from: 1_000, to: 15_000 };
const PEACE_MS = { from: 1_000, to: 6_000 };

/** One fault after the other until the time is over; the last is mended just before the return. Tells of each before it begins. */
export async function breakThings(
  cluster: Cluster,
  random: Random,
  { endMs, signal, onFault }: { endMs: number; signal: AbortSignal; onFault: (name: string) => void },
): Promise<void> {
  const between = ({ from, to }: typeof LENGTH_MS) => from + random.int(to - from);
  const wait = (ms: number) => delay(ms, undefined, { signal });
  while (performance.now() < endMs) {
    const fault = random.pick(FAULTS);
    const replica = random.pick([cluster.survivor, cluster.mortal]);
    onFault(fault.name);
    await fault.run(cluster, replica, wait, between(LENGTH_MS));
    if (performance.now() < endMs) await wait(between(PEACE_MS));
  }
}
