import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQueue, type QueueOptions, type WorkQueue } from '#operator/queue.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';

function scene(options: Partial<QueueOptions> = {}) {
  const clock = createFakeClock();
  const queue = createQueue<string>({ clock, random: () => 0.999_999, ...options });
  /** Everything that is ready, each given back at once. */
  const drain = async () => {
    const keys: string[] = [];
    while (queue.depth().ready > 0) {
      const key = await queue.take(AbortSignal.timeout(1000));
      keys.push(key);
      queue.done(key);
    }
    return keys;
  };
  return { clock, queue, drain };
}

const forever = new AbortController().signal;

describe('a queue', () => {
  it('holds a key once, in the order of first adding, changes before resyncs', async () => {
    const { queue, drain } = scene();
    queue.add('r1', 'resync');
    queue.add('r2', 'resync');
    queue.add('c1');
    queue.add('c2');
    queue.add('c1');
    queue.add('c1', 'resync');
    queue.add('r2');
    expect(await drain()).toEqual(['c1', 'c2', 'r2', 'r1']);
    expect(queue.depth()).toEqual({ ready: 0, waiting: 0, taken: 0 });
  });

  it('gives every tenth turn to what is only looked at again, however many changes there are', async () => {
    const { queue, drain } = scene();
    const changes = Array.from({ length: 25 }, (_, i) => `c${i}`);
    queue.add('r1', 'resync');
    queue.add('r2', 'resync');
    for (const each of changes) queue.add(each);
    const first = [...changes.slice(0, 9), 'r1', ...changes.slice(9, 18), 'r2', ...changes.slice(18)];
    expect(await drain()).toEqual(first);
    queue.add('r3', 'resync');
    queue.add('c26');
    expect(await drain()).toEqual(['c26', 'r3']);
  });

  it('gives a key that was added while somebody had it again, once, after that', async () => {
    const { queue, drain } = scene();
    queue.add('a');
    expect(await queue.take(forever)).toBe('a');
    queue.add('a');
    queue.add('a', 'resync');
    expect(queue.depth()).toEqual({ ready: 0, waiting: 0, taken: 1 });
    queue.done('a');
    expect(await drain()).toEqual(['a']);
  });

  it('gives keys to those who wait, in their order, and none to who has gone', async () => {
    const { queue } = scene();
    const gone = new AbortController();
    const takes = [queue.take(forever), queue.take(gone.signal), queue.take(forever)];
    gone.abort(new Error('stopped'));
    await expect(takes[1]).rejects.toThrow('stopped');
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([takes[0], takes[2]])).toEqual(['a', 'b']);
    await expect(queue.take(gone.signal)).rejects.toThrow('stopped');
  });

  it('makes a delayed key ready when it is due, and sooner when it is added', async () => {
    const { clock, queue, drain } = scene();
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    queue.addAfter('b', 100);
    clock.advance(49);
    expect(await drain()).toEqual([]);
    clock.advance(1);
    expect(await drain()).toEqual(['a']);
    queue.add('b');
    expect(await drain()).toEqual(['b']);
    clock.advance(1000);
    expect(await drain()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('waits longer after each failure of a key, and from the start again when it did well', async () => {
    const { clock, queue, drain } = scene();
    const waits: number[] = [];
    const fail = async () => {
      queue.retry('a');
      const startedMs = clock.now();
      while (queue.depth().ready === 0) clock.advance(1);
      waits.push(clock.now() - startedMs);
      await drain();
    };
    for (let i = 0; i < 17; i += 1) await fail();
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.slice(-3)).toEqual([60_000, 60_000, 60_000]);
    queue.forget('a');
    waits.length = 0;
    await fail();
    expect(waits).toEqual([5]);
  });

  it('spreads the retries of many keys', async () => {
    const { clock, queue, drain } = scene({ retries: { perSecond: 10, burst: 20 } });
    for (let i = 0; i < 50; i += 1) queue.retry(`k${i}`);
    clock.advance(5);
    expect(await drain()).toHaveLength(20);
    clock.advance(1000);
    expect(await drain()).toHaveLength(10);
    clock.advance(2000);
    expect(await drain()).toHaveLength(20);
  });

  it('makes everything that waits ready at once when told that the fault is gone', async () => {
    const { queue, drain } = scene();
    queue.addAfter('r', 1000, 'resync');
    queue.addAfter('c', 60_000);
    queue.retryAll();
    expect(await drain()).toEqual(['c', 'r']);
  });

  it('leaves nothing behind when it is closed', async () => {
    const { clock, queue } = scene();
    queue.addAfter('a', 100);
    queue.close();
    queue.add('b');
    expect([clock.timers, queue.depth().ready]).toEqual([0, 0]);
  });

  it('refuses a key that nobody took', () => {
    const { queue } = scene();
    queue.add('a');
    expect(() => queue.done('a')).toThrow('was not taken');
  });
});

type Step =
  | { kind: 'add'; key: string; priority: 'change' | 'resync' }
  | { kind: 'later'; key: string; delayMs: number }
  | { kind: 'retry' | 'forget'; key: string }
  | { kind: 'take' }
  | { kind: 'done'; index: number }
  | { kind: 'retryAll' }
  | { kind: 'advance'; ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    key,
    priority: fc.constantFrom('change' as const, 'resync' as const),
  }),
  fc.record({ kind: fc.constant('later' as const), key, delayMs: fc.nat(500) }),
  fc.record({ kind: fc.constantFrom('retry' as const, 'forget' as const), key }),
  fc.record({ kind: fc.constant('take' as const) }),
  fc.record({ kind: fc.constant('done' as const), index: fc.nat(5) }),
  fc.record({ kind: fc.constant('retryAll' as const) }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(300) }),
);

/** Does a step, and keeps what is owed: keys that were added since they were last taken. */
async function play(queue: WorkQueue<string>, clock: { advance(ms: number): void }, steps: readonly Step[]) {
  const owed = new Set<string>();
  const held: string[] = [];
  const take = async () => {
    const taken = await queue.take(AbortSignal.timeout(1000));
    expect(held).not.toContain(taken);
    expect(owed).toContain(taken);
    owed.delete(taken);
    held.push(taken);
  };
  for (const each of steps) {
    switch (each.kind) {
      case 'add':
        queue.add(each.key, each.priority);
        owed.add(each.key);
        break;
      case 'later':
        queue.addAfter(each.key, each.delayMs);
        owed.add(each.key);
        break;
      case 'retry':
        queue.retry(each.key);
        owed.add(each.key);
        break;
      case 'forget':
        queue.forget(each.key);
        break;
      case 'take':
        if (queue.depth().ready > 0) await take();
        break;
      case 'done':
        for (const done of held.splice(each.index, 1)) queue.done(done);
        break;
      case 'retryAll':
        queue.retryAll();
        break;
      case 'advance':
        clock.advance(each.ms);
        break;
    }
  }
  while (owed.size > 0) {
    for (const done of held.splice(0)) queue.done(done);
    clock.advance(120_000);
    expect(queue.depth().ready).toBeGreaterThan(0);
    while (queue.depth().ready > 0) await take();
  }
  for (const done of held) queue.done(done);
}

it('never gives one key to two, and gives every key after it was last added, whatever happens in what order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, queue } = scene();
      await play(queue, clock, steps);
      expect(queue.depth()).toEqual({ ready: 0, waiting: 0, taken: 0 });
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 300 },
  );
});
