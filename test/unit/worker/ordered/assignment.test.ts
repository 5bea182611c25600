import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '#services/worker/ordered/assignment.ts';

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 });
const partitions = fc.nat({ max: 64 });

const loadsOf = (owners: readonly (string | null)[], all: readonly string[]): number[] =>
  all.map((member) => owners.filter((owner) => owner === member).length);

describe('the owner of each partition', () => {
  it('is a member, and no member has two more than another', () => {
    fc.assert(
      fc.property(partitions, members, (count, all) => {
        const owners = assign(count, all);
        expect(owners).toHaveLength(count);
        const loads = loadsOf(owners, all);
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(count);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the same whatever order the members are heard of in', () => {
    fc.assert(
      fc.property(partitions, members, fc.integer(), (count, all, turn) => {
        const turned = all.map((_, i) => all[(((i + turn) % all.length) + all.length) % all.length] ?? '');
        expect(assign(count, turned)).toEqual(assign(count, all));
      }),
    );
  });

  it('mostly stays when another member comes', () => {
    const before = assign(64, ['a', 'b', 'c']);
    const after = assign(64, ['a', 'b', 'c', 'd']);
    const moved = before.filter((owner, i) => owner !== after[i] && after[i] !== 'd').length;
    // The new one takes 16 of 64; what moves among the others beside it is what the bound costs.
    expect(moved).toBeLessThan(16);
  });

  it('is nobody where there is nobody', () => {
    expect(assign(2, [])).toEqual([null, null]);
  });
});
