import { describe, expect, it } from 'vitest';
import { type Random, seededRandom, streams } from '#services/simulator/random.ts';

const draws = (random: Random) => Array.from({ length: 6 }, () => random.int(1000));

describe('seededRandom', () => {
  it('gives the same values for the same seed, stream and index, on every machine', () => {
    expect(draws(seededRandom(1, streams.plan, 0))).toEqual([954, 40, 2, 597, 459, 382]);
  });

  it('gives other values as soon as one of the three differs', () => {
    const first = draws(seededRandom(7, streams.plan, 3));
    expect(draws(seededRandom(8, streams.plan, 3))).not.toEqual(first);
    expect(draws(seededRandom(7, streams.cast, 3))).not.toEqual(first);
    expect(draws(seededRandom(7, streams.plan, 4))).not.toEqual(first);
  });

  it('gives no UUID twice to the notifications of several runs', () => {
    const uuids = new Set<string>();
    for (let seed = 0; seed < 4; seed += 1) {
      for (let index = 0; index < 25_000; index += 1) {
        uuids.add(seededRandom(seed, streams.notification, index).uuid());
      }
    }
    expect(uuids.size).toBe(100_000);
  });

  it('writes version 4 UUIDs', () => {
    expect(seededRandom(5, streams.notification, 5).uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('spreads whole numbers evenly below the bound', () => {
    const random = seededRandom(11, streams.body, 0);
    const tally = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 50_000; draw += 1) {
      const value = random.int(5);
      tally[value] = (tally[value] ?? 0) + 1;
    }
    for (const count of tally) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
