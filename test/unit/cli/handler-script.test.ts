import { describe, expect, it } from 'vitest';
import { Order } from '#cli/drill/handler/order.ts';
import { Script } from '#cli/drill/handler/script.ts';

const HANG = { kind: 'hang' } as const;

/** What becomes of calls with these keys, one after another. */
function played(which: Order['which'], keys: readonly string[]): string[] {
  const script = new Script();
  script.follow({ manner: HANG, which });
  return keys.map((key) => script.mannerOf(key).kind);
}

describe('a script', () => {
  it('works on everything until it is told otherwise', () => {
    const script = new Script();
    expect(script.mannerOf('a').kind).toBe('work');
  });

  it.each([
    ['all', { kind: 'all' }, ['hang', 'hang', 'hang', 'hang']],
    ['one in two', { kind: 'one-in', times: 2 }, ['work', 'hang', 'work', 'hang']],
    ['the next, and that one again', { kind: 'next' }, ['hang', 'work', 'hang', 'work']],
    ['one certain', { kind: 'key', idempotencyKey: 'b' }, ['work', 'hang', 'work', 'work']],
  ] as const)('means %s', (_which, which, manners) => {
    expect(played(which, ['a', 'b', 'a', 'c'])).toEqual(manners);
  });

  it('says whom it has found, and counts what met its order since it was given', () => {
    const script = new Script();
    script.follow({ manner: HANG, which: { kind: 'next' } });
    script.mannerOf('a');
    script.mannerOf('b');
    expect(script.order.which).toEqual({ kind: 'key', idempotencyKey: 'a' });
    expect(script.met).toBe(1);
    script.follow(script.order);
    expect(script.met).toBe(0);
  });
});

it('is not told what it does not know', () => {
  expect(Order.safeParse({ manner: { kind: 'sing' }, which: { kind: 'all' } }).success).toBe(false);
  expect(Order.safeParse({ manner: HANG, which: { kind: 'all' } }).success).toBe(true);
});
