import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiVersions } from '#services/simulator/bodies/api-version.ts';
import { catalogue, type Topic, topics, usualTopics } from '#services/simulator/catalogue.ts';
import type { Good } from '#services/simulator/goods.ts';
import { burstOf, type Planned, type PlanRequest, plannedTotal, planRun } from '#services/simulator/plan.ts';
import { topicList } from '#services/simulator/topics.ts';

const request: PlanRequest = {
  seed: 42,
  count: 200,
  conversations: 7,
  duplicates: 15,
  replays: 4,
  forgeries: 12,
  unknownTopics: 9,
  audience: 3,
  topics: usualTopics,
};
/** Five statistics for each of the audience. */
const MASS = 15;

const plan = (changes: Partial<PlanRequest> = {}): Planned[] => [...planRun({ ...request, ...changes })];
const good = (planned: readonly Planned[]): Good[] => planned.filter((each): each is Good => each.kind === 'good');
const isMass = ({ topic }: Good): boolean => topic.startsWith('content_stat.');
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
  replays: fc.nat(10),
  forgeries: fc.nat(30),
  unknownTopics: fc.nat(30),
  audience: fc.nat(10),
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
        expect(ofKind(planned, 'good')).toHaveLength(asked.count + asked.audience * 5);
        expect(ofKind(planned, 'replay')).toHaveLength(asked.replays);
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
          if (each.kind !== 'duplicate' && each.kind !== 'replay') continue;
          expect(each.original.index).toBeLessThan(each.index);
          expect(planned[each.original.index]).toEqual(each.original);
        }
      }),
    );
  });

  it('sends only topics that were asked for', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const planned = good([...planRun({ ...asked, audience: 0 })]);
        for (const { topic } of planned) expect(asked.topics).toContain(topic);
      }),
    );
  });

  describe.each(apiVersions)('with each topic once, API version %s', (apiVersion) => {
    const all = topicList('all', apiVersion);
    const asked = fc.record({ seed: fc.nat(), conversations: fc.integer({ min: 1, max: 60 }) });
    const each = { topics: all, eachTopicOnce: true, audience: 0 };

    it('sends every topic before one comes again', () => {
      fc.assert(
        fc.property(asked, (drawn) => {
          const sent = good(plan({ ...drawn, ...each, count: all.length + 50 })).map(({ topic }) => topic);
          expect(sent.slice(0, all.length).toSorted()).toEqual(all.toSorted());
        }),
      );
    });

    it('opens each subject first and once, and numbers it from 1 without a gap', () => {
      fc.assert(
        fc.property(asked, (drawn) => {
          for (const group of bySubject(plan({ ...drawn, ...each, count: all.length + 100 }))) {
            expect(group.map(({ sequence }) => sequence)).toEqual(group.map((_, at) => at + 1));
            const standings = group.map(({ topic }) => catalogue[topic].standing);
            expect(['opens', 'once']).toContain(standings[0]);
            expect(standings.slice(1).filter((standing) => standing !== 'follows')).toEqual([]);
          }
        }),
      );
    });
  });

  it('opens each subject first and once', () => {
    for (const group of bySubject(plan({ count: 2000 }))) {
      const standings = group.map(({ topic }) => catalogue[topic].standing);
      expect(['opens', 'once']).toContain(standings[0]);
      expect(standings.slice(1).filter((standing) => standing !== 'follows')).toEqual([]);
    }
  });

  it('repeats the opening topic of the same subjects where nothing else was asked for', () => {
    const planned = plan({ topics: ['conversation.user.created'], audience: 0 });
    expect(bySubject(planned)).toHaveLength(7);
    expect(good(planned)).toHaveLength(200);
  });

  it('lets the conversations take turns', () => {
    const slots = good(plan({ topics: ['conversation.user.replied'], audience: 0 })).map(({ slot }) => slot);
    expect(slots).toEqual(slots.map((_, at) => at % 7));
  });

  it('plays the usual ten topics in a run of some length, replies most often', () => {
    const counts = Map.groupBy(good(plan({ count: 3000, conversations: 100, audience: 0 })), ({ topic }) => topic);
    expect([...counts.keys()].toSorted()).toEqual(usualTopics.toSorted());
    const most = [...counts].toSorted(([, left], [, right]) => right.length - left.length);
    expect(most[0]?.[0]).toBe('conversation.user.replied');
  });

  it('has the mass message in the middle, in one piece, each statistic about somebody new', () => {
    const planned = plan();
    const burst = burstOf(request);
    expect(burst).toEqual({ from: Math.floor((plannedTotal(request) - MASS - 4) / 2), count: MASS });
    const mass = good(planned).filter(isMass);
    expect(mass.map(({ index }) => index)).toEqual(Array.from({ length: MASS }, (_, at) => (burst?.from ?? 0) + at));
    const others = new Set(good(planned).map((each) => (isMass(each) ? -1 : each.slot)));
    expect(mass.some(({ slot }) => others.has(slot))).toBe(false);
    expect(burstOf({ ...request, audience: 0 })).toBeUndefined();
  });

  it('replays at the very end what came long before', () => {
    const planned = plan({ count: 2000 });
    expect(planned.slice(-4).map(({ kind }) => kind)).toEqual(['replay', 'replay', 'replay', 'replay']);
    for (const each of planned.slice(-4)) {
      expect(each.kind === 'replay' && each.original.index < plannedTotal({ ...request, count: 1000 })).toBe(true);
    }
  });
});
