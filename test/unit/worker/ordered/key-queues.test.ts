import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyQueues } from '#services/worker/ordered/key-queues.ts';

interface Item {
  readonly name: string;
  readonly bytes: number;
}

const item = (name: string): Item => ({ name, bytes: 10 });

function filled(...names: string[]): KeyQueues<Item> {
  const queues = new KeyQueues<Item>();
  for (const name of names) queues.add(name[0] ?? '', item(name));
  return queues;
}

const taken = (queues: KeyQueues<Item>): string | undefined => queues.take()?.item.name;

describe('the queues of keys', () => {
  it('hand out the first of each key, and the next when that is done with', () => {
    const queues = filled('a1', 'a2', 'b1');
    expect([taken(queues), taken(queues), taken(queues)]).toEqual(['a1', 'b1', undefined]);
    queues.done('a');
    expect(taken(queues)).toBe('a2');
  });

  it('hand out the first again after a wait, and nothing of its key meanwhile', () => {
    const queues = filled('a1', 'a2', 'b1');
    taken(queues);
    const wait = queues.wait('a');
    expect([taken(queues), taken(queues)]).toEqual(['b1', undefined]);
    queues.resume('a', wait);
    expect(taken(queues)).toBe('a1');
  });

  it('do not end a wait by the end of an earlier one', () => {
    const queues = filled('a1');
    taken(queues);
    const first = queues.wait('a');
    queues.resume('a', first);
    taken(queues);
    queues.wait('a');
    queues.resume('a', first);
    expect(taken(queues)).toBeUndefined();
  });

  it('drop what has not been handed out; what has stays the first until it is done with', () => {
    const queues = filled('a1', 'a2', 'b1', 'c1');
    taken(queues);
    queues.drop(({ name }) => name !== 'c1');
    queues.add('a', item('a3'));
    expect([taken(queues), taken(queues)]).toEqual(['c1', undefined]);
    queues.done('a');
    expect(taken(queues)).toBe('a3');
  });

  it('go on with the next where the one that waited is dropped', () => {
    const queues = filled('a1', 'a2');
    taken(queues);
    const wait = queues.wait('a');
    queues.drop(({ name }) => name === 'a1');
    expect(taken(queues)).toBe('a2');
    queues.resume('a', wait);
    expect(taken(queues)).toBeUndefined();
  });

  it('know how much they hold, whatever was done to them', () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'take', 'done', 'wait', 'drop'),
      key: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queues = new KeyQueues<Item>();
        const out = new Set<string>();
        for (const [i, { do: what, key }] of steps.entries()) {
          if (what === 'add') queues.add(key, item(`${key}${i}`));
          else if (what === 'take') out.add(queues.take()?.key ?? '');
          else if (what === 'drop') queues.drop(({ name }) => name.startsWith(key));
          else if (out.delete(key)) {
            if (what === 'done') queues.done(key);
            else queues.resume(key, queues.wait(key));
          }
        }
        const held = [...queues.items()];
        expect(queues.size).toBe(held.length);
        expect(queues.bytes).toBe(held.length * 10);
        expect(queues.ready).toBeLessThanOrEqual(queues.size);
      }),
    );
  });
});
