import { describe, expect, it } from 'vitest';
import { type Held, Runner } from '#services/worker/ordered/runner.ts';
import { later, OVER, type Worked } from '#services/worker/worked.ts';

/** A runner whose calls end when the test says so, and whose time passes when it does. */
function setUp({ concurrency = 2 } = {}) {
  const begun: string[] = [];
  const acked: string[] = [];
  const ends = new Map<string, (worked: Worked) => void>();
  const waits: { ms: number; run: () => void }[] = [];
  const runner = new Runner<Held & { name: string }>({
    concurrency,
    work: ({ name }) => {
      begun.push(name);
      const { promise, resolve } = Promise.withResolvers<Worked>();
      ends.set(name, resolve);
      return promise;
    },
    pauseMs: () => 0,
    after: (ms, run) => void waits.push({ ms, run }),
    onChange: () => undefined,
  });
  const add = (name: string, generation = 1) =>
    runner.add({ name, key: name[0] ?? '', partition: 0, generation, bytes: 1, ack: () => acked.push(name) });
  const end = async (name: string, worked: Worked) => {
    ends.get(name)?.(worked);
    await new Promise((resolve) => setImmediate(resolve));
  };
  runner.begin(0, 1);
  return { runner, add, end, begun, acked, waits };
}

describe('the runner', () => {
  it('acknowledges what is over, also where its share is another worker’s by now', async () => {
    const { runner, add, end, acked } = setUp();
    add('a1');
    add('b1');
    await end('a1', OVER);
    runner.end(0);
    await end('b1', OVER);
    expect(acked).toEqual(['a1', 'b1']);
  });

  it('does not acknowledge what was taken over again meanwhile: its number may be another’s', async () => {
    const { runner, add, end, acked, begun } = setUp();
    add('a1');
    runner.begin(0, 2);
    add('a1', 2);
    await end('a1', OVER);
    expect(acked).toEqual([]);
    expect(begun).toEqual(['a1', 'a1']);
    await end('a1', OVER);
    expect(acked).toEqual(['a1']);
  });

  it('begins nothing of an earlier takeover, and takes nothing of it', () => {
    const { runner, add, begun } = setUp({ concurrency: 1 });
    add('a1');
    add('b1');
    runner.begin(0, 2);
    add('c1', 1);
    expect(begun).toEqual(['a1']);
    expect(runner.size).toBe(1);
  });

  it('rests as a whole where a store is away, and goes on with all afterwards', async () => {
    const { add, end, begun, waits } = setUp();
    add('a1');
    add('b1');
    add('c1');
    await end('a1', later(2_000, 'store-away'));
    await end('b1', later(2_000, 'store-away'));
    expect(begun).toEqual(['a1', 'b1']);
    for (const { run } of waits.splice(0)) run();
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a1']);
  });

  it('looks again soon at what another works on', async () => {
    const { add, end, waits } = setUp();
    add('a1');
    await end('a1', later(10_000, 'held'));
    expect(waits.map(({ ms }) => ms)).toEqual([250]);
  });
});
