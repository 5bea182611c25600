import { describe, expect, it } from 'vitest';
import { BEAT_MS, GONE_MS, MemberTable } from '#services/worker/ordered/member-table.ts';

/** Hears the beats of these until then. */
function beats(
  table: MemberTable,
  members: readonly string[],
  { fromMs = 0, toMs }: { fromMs?: number; toMs: number },
) {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += BEAT_MS) for (const member of members) table.heard(member, nowMs);
}

describe('a worker', () => {
  it('knows nobody until it has heard itself, and listened for a beat of the others', () => {
    const table = new MemberTable('me');
    beats(table, ['other'], { toMs: 5_000 });
    expect(table.members(5_000)).toEqual([]);
    table.heard('me', 5_000);
    expect(table.members(5_000)).toEqual([]);
    expect(table.members(5_000 + BEAT_MS + 100)).toEqual(['me', 'other']);
  });

  it('knows of one that was not heard for too long, or said good-bye, that it is gone', () => {
    const table = new MemberTable('me');
    beats(table, ['me', 'dead', 'leaving'], { toMs: 2_000 });
    expect(table.members(2_000)).toEqual(['dead', 'leaving', 'me']);
    table.left('leaving');
    expect(table.members(2_000)).toEqual(['dead', 'me']);
    beats(table, ['me'], { fromMs: 2_500, toMs: 2_000 + GONE_MS });
    expect(table.members(2_000 + GONE_MS)).toEqual(['dead', 'me']);
    expect(table.members(2_001 + GONE_MS)).toEqual(['me']);
  });

  it('that does not hear itself takes nobody for dead but itself for cut off, and begins anew', () => {
    const table = new MemberTable('me');
    beats(table, ['me', 'other'], { toMs: 2_000 });
    expect(table.members(2_000 + GONE_MS + 1)).toEqual([]);
    table.heard('me', 6_000);
    expect(table.members(6_000)).toEqual([]);
    table.heard('other', 6_100);
    expect(table.members(6_000 + BEAT_MS + 100)).toEqual(['me', 'other']);
  });

  it('hears of a thousand others and of no more', () => {
    const table = new MemberTable('me');
    beats(table, ['me'], { toMs: 1_000 });
    for (let i = 0; i < 2_000; i += 1) table.heard(`other-${i}`, 1_000);
    expect(table.members(1_000)).toHaveLength(1_000);
    expect(table.members(1_000)).toContain('me');
  });
});
