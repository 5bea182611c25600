import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '#operator/api/status.ts';
import { type Finding, setCondition } from '#operator/conditions.ts';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000 + 789);
const finding = (part: Partial<Finding> = {}): Finding => ({
  type: 'Accepted',
  status: 'True',
  reason: 'Parsed',
  message: 'the resource is valid',
  observedGeneration: 1,
  ...part,
});

const findings = fc.record({
  type: fc.constantFrom('Accepted', 'Ready', 'StreamsReady'),
  status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
  reason: fc.constantFrom('A', 'B'),
  message: fc.constantFrom('', 'why'),
  observedGeneration: fc.integer({ min: 1, max: 3 }),
});

describe('setCondition', () => {
  it('says since when, to the second', () => {
    expect(setCondition([], finding(), at(0))).toEqual([{ ...finding(), lastTransitionTime: '2026-01-01T00:00:00Z' }]);
  });

  it('keeps the time while only reason, message or generation change, and moves it with the status', () => {
    const first = setCondition([], finding(), at(0));
    const second = setCondition(first, finding({ observedGeneration: 2, reason: 'Other', message: 'x' }), at(10));
    expect(second).toMatchObject([
      { lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 2, reason: 'Other' },
    ]);
    const third = setCondition(second, finding({ status: 'False' }), at(20));
    expect(third).toMatchObject([{ status: 'False', lastTransitionTime: '2026-01-01T00:00:20Z' }]);
  });

  it('returns the very same array where nothing is different', () => {
    const conditions = setCondition([], finding(), at(0));
    expect(setCondition(conditions, finding(), at(99))).toBe(conditions);
  });

  it('cuts a message to what the CRD takes, and still knows it again', () => {
    const long = finding({ message: 'x'.repeat(40_000) });
    const conditions = setCondition([], long, at(0));
    expect(conditions[0]?.message).toHaveLength(32_768);
    expect(setCondition(conditions, long, at(1))).toBe(conditions);
  });

  it('gives the same bytes whatever the order in which different conditions are found', () => {
    fc.assert(
      fc.property(fc.uniqueArray(findings, { selector: ({ type }) => type }), fc.nat(), (all, seed) => {
        const shuffled = all.toSorted(
          (a, b) => ((a.reason.length + seed) % 2 === 0 ? -1 : 1) * a.type.localeCompare(b.type),
        );
        const fold = (list: readonly Finding[]) =>
          list.reduce<readonly Condition[]>((conditions, each) => setCondition(conditions, each, at(0)), []);
        expect(JSON.stringify(fold(shuffled.toReversed()))).toBe(JSON.stringify(fold(all)));
      }),
    );
  });

  it('has one condition of a type, as it was found last, and changes no other', () => {
    fc.assert(
      fc.property(fc.array(findings), findings, (before, last) => {
        const old = before.reduce<readonly Condition[]>((list, each, i) => setCondition(list, each, at(i)), []);
        const now = setCondition(old, last, at(1000));
        expect(now.filter(({ type }) => type === last.type)).toMatchObject([last]);
        expect(now.filter(({ type }) => type !== last.type)).toEqual(old.filter(({ type }) => type !== last.type));
        expect(setCondition(now, last, at(2000))).toBe(now);
      }),
    );
  });
});
