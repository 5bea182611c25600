import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetOf, countsOf } from '#operator/observations/budget.ts';
import type { AnswerRow } from '#shared/observation.ts';

const NOW = 1_800_000_000;
const WINDOW = 900;

interface Answer {
  readonly replica: number;
  /** Before now. */
  readonly age: number;
  readonly kind: 'ok' | 'error' | 'other' | 'redelivered';
}

const answers: fc.Arbitrary<Answer[]> = fc.array(
  fc.record({
    replica: fc.nat(3),
    age: fc.oneof(fc.nat(5), fc.nat(959), fc.integer({ min: WINDOW - 2, max: WINDOW + 2 })),
    kind: fc.constantFrom('ok', 'error', 'other', 'redelivered'),
  }),
  { maxLength: 80 },
);

/** As a replica would tell them: one row a second. */
function rowsOf(replica: number, all: readonly Answer[]): AnswerRow[] {
  const mine = all.filter((answer) => answer.replica === replica);
  const ages = [...new Set(mine.map(({ age }) => age))].toSorted((a, b) => b - a);
  return ages.map((at) => {
    const count = (...kinds: string[]) => mine.filter(({ age, kind }) => age === at && kinds.includes(kind)).length;
    return [NOW - at, count('ok', 'redelivered'), count('error'), count('other'), count('redelivered')];
  });
}

const budget = (all: readonly Answer[]) =>
  budgetOf(
    [0, 1, 2, 3].map((replica) => countsOf(rowsOf(replica, all))),
    NOW,
  );

describe('the budget of several replicas', () => {
  it('counts the errors of 15 minutes, and as streak those behind the newest 200 of any', () => {
    fc.assert(
      fc.property(answers, (all) => {
        const isIn = ({ age }: Answer) => age < WINDOW;
        const youngestOk = Math.min(
          ...all.filter(({ kind }) => kind === 'ok' || kind === 'redelivered').map(({ age }) => age),
        );
        const errors = all.filter((answer) => answer.kind === 'error' && isIn(answer));
        const streak = errors.filter(({ age }) => age < youngestOk).length;
        expect(budget(all)).toEqual({
          errors15m: errors.length,
          streak,
          remaining: 1000 - streak,
          redeliveries: all.filter((answer) => answer.kind === 'redelivered' && isIn(answer)).length,
        });
      }),
    );
  });

  it('is the same whichever replica answered', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(3), { minLength: 80, maxLength: 80 }), (all, replicas) => {
        const spread = all.map((answer, i) => ({ ...answer, replica: replicas[i] ?? 0 }));
        expect(budget(spread)).toEqual(budget(all));
      }),
    );
  });

  it('never has more errors in a row after one more 200, and one more after each error', () => {
    fc.assert(
      fc.property(answers, fc.nat(3), (all, replica) => {
        const before = budget(all).streak;
        expect(budget([...all, { replica, age: 0, kind: 'ok' }]).streak).toBe(0);
        const hasOkNow = all.some(({ age, kind }) => age === 0 && (kind === 'ok' || kind === 'redelivered'));
        const after = budget([...all, { replica, age: 0, kind: 'error' }]).streak;
        expect(after).toBe(hasOkNow ? before : before + 1);
      }),
    );
  });

  it('has nothing left after a thousand errors in a row, and never less than that', () => {
    const rows: AnswerRow[] = [
      [NOW - 10, 1, 0, 0, 0],
      [NOW - 9, 0, 999, 0, 0],
    ];
    expect(budgetOf([countsOf(rows)], NOW)).toMatchObject({ streak: 999, remaining: 1 });
    expect(budgetOf([countsOf(rows), countsOf([[NOW, 0, 5, 0, 0]])], NOW)).toMatchObject({
      streak: 1004,
      remaining: 0,
    });
  });
});
