import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue, type Topic, topics } from '#services/simulator/catalogue.ts';
import { type Good, type Planned, type PlanRequest, plannedTotal, planRun } from '#services/simulator/plan.ts';

const request: PlanRequest = {
  seed: 42,
  count: 200,
  conversations: 7,
  duplicates: 15,
  forgeries: 12,
  unknownTopics: 9,
  topics,
};

const plan = (changes: Partial<PlanRequest> = {}): Planned[] => [...planRun({ ...request, ...changes })];
const good = (planned: readonly Planned[]): Good[] => planned.filter((each): each is Good => each.kind === 'good');
const ofKind = (planned: readonly Planned[], kind: Planned['kind']) => planned.filter((each) => each.kind === kind);

function bySubject(planned: readonly Planned[]): Good[][] {
  return Object.values(Object.groupBy(good(planned), ({ topic, slot }) => `${catalogue[topic].subject} ${slot}`)).map(
    (group) => group ?? [],
  );
}

const requests = fc.record({
  seed: fc.nat(),
  count: fc.integer({ min: 1, max: 150 }),
  conversations: fc.integer({ min: 1, max: 20 }),
  duplicates: fc.nat(30),
  forgeries: fc.nat(30),
  unknownTopics: fc.nat(30),
  topics: fc
    .uniqueArray(fc.constantFrom(...topics), { minLength: 1 })
    .map(([first, ...rest]): [Topic, ...Topic[]] => [first ?? 'conversation.user.created', ...rest]),
});

describe('planRun', () => {
  it('is the same for the same request and another for another seed', () => {
    expect(plan()).toEqual(plan());
    expect(plan({ seed: 43 })).not.toEqual(plan());
  });

  it('holds exactly as many of each kind as asked for, numbered in the order of sending', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const planned = [...planRun(asked)];
        expect(planned.map(({ index }) => index)).toEqual(Array.from({ length: plannedTotal(asked) }, (_, at) => at));
        expect(ofKind(planned, 'good')).toHaveLength(asked.count);
        expect(ofKind(planned, 'duplicate')).toHaveLength(asked.duplicates);
        expect(ofKind(planned, 'forged')).toHaveLength(asked.forgeries);
        expect(ofKind(planned, 'unknown')).toHaveLength(asked.unknownTopics);
      }),
    );
  });

  it('numbers the notifications of each subject from 1 without a gap', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        for (const group of bySubject([...planRun(asked)])) {
          expect(group.map(({ sequence }) => sequence)).toEqual(group.map((_, at) => at + 1));
        }
      }),
    );
  });

  it('repeats only what was sent before', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const planned = [...planRun(asked)];
        for (const each of planned) {
          if (each.kind !== 'duplicate') continue;
          expect(each.original.index).toBeLessThan(each.index);
          expect(planned[each.original.index]).toEqual(each.original);
        }
      }),
    );
  });

  it('sends only topics that were asked for', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        for (const { topic } of good([...planRun(asked)])) expect(asked.topics).toContain(topic);
      }),
    );
  });

  it('opens each subject first and once', () => {
    for (const group of bySubject(plan({ count: 2000 }))) {
      const standings = group.map(({ topic }) => catalogue[topic].standing);
      expect(['opens', 'once']).toContain(standings[0]);
      expect(standings.slice(1).filter((standing) => standing !== 'follows')).toEqual([]);
    }
  });

  it('repeats the opening topic of the same subjects where nothing else was asked for', () => {
    const groups = bySubject(plan({ topics: ['conversation.user.created'] }));
    expect(groups).toHaveLength(7);
    expect(good(plan({ topics: ['conversation.user.created'] }))).toHaveLength(200);
  });

  it('lets the conversations take turns', () => {
    const slots = good(plan({ topics: ['conversation.user.replied'] })).map(({ slot }) => slot);
    expect(slots).toEqual(slots.map((_, at) => at % 7));
  });

  it('plays all ten topics in a run of some length, replies most often', () => {
    const counts = Object.groupBy(good(plan({ count: 3000, conversations: 100 })), ({ topic }) => topic);
    expect(Object.keys(counts).toSorted()).toEqual(topics.toSorted());
    const most = Object.entries(counts).toSorted(([, left], [, right]) => right.length - left.length);
    expect(most[0]?.[0]).toBe('conversation.user.replied');
  });
});
