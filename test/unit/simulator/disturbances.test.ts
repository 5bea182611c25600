import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue, usualTopics } from '#services/simulator/catalogue.ts';
import { type Departure, type DisturbanceRequest, disturb } from '#services/simulator/disturbances.ts';
import type { Good } from '#services/simulator/goods.ts';
import { type PlanRequest, planRun } from '#services/simulator/plan.ts';

type Request = PlanRequest & DisturbanceRequest;

const calm: Request = {
  seed: 5,
  count: 300,
  conversations: 10,
  duplicates: 10,
  replays: 3,
  forgeries: 5,
  unknownTopics: 5,
  audience: 0,
  topics: usualTopics,
  outOfOrder: 0,
  slowBodies: 0,
  aborted: 0,
};

function departures(changes: Partial<Request> = {}): Departure[] {
  const request = { ...calm, ...changes };
  return [...disturb(planRun(request), request)];
}

const goods = (all: readonly Departure[]): Good[] =>
  all.map(({ planned }) => planned).filter((planned): planned is Good => planned.kind === 'good');

const manners = (all: readonly Departure[], manner: Departure['manner']) =>
  all.filter((each) => each.manner === manner);

/** Those that leave right after one of their subject with a higher sequence. */
function overtaken(all: readonly Departure[]): Good[] {
  const bySubject = Map.groupBy(goods(all), ({ topic, slot }) => `${catalogue[topic].subject} ${slot}`);
  return [...bySubject.values()].flatMap((group) =>
    group.filter(({ sequence }, at) => sequence < (group[at - 1]?.sequence ?? 0)),
  );
}

describe('disturb', () => {
  it('leaves the plan as it is where nothing is asked for', () => {
    expect(departures()).toEqual([...planRun(calm)].map((planned) => ({ planned, manner: 'whole' })));
  });

  it('sends everything once, whatever is asked for, and the same for the same seed', () => {
    const share = fc.nat(100);
    fc.assert(
      fc.property(share, share, share, fc.nat(20), (outOfOrder, slowBodies, aborted, audience) => {
        const changes = { outOfOrder, slowBodies, aborted, audience };
        const all = departures(changes);
        const inOrder = all.map(({ planned }) => planned).toSorted((left, right) => left.index - right.index);
        expect(inOrder).toEqual([...planRun({ ...calm, ...changes })]);
        expect(manners(all, 'dribbled')).toHaveLength(slowBodies);
        expect(manners(all, 'aborted')).toHaveLength(aborted);
        expect(departures(changes)).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  it('lets as many be overtaken by the next of their subject as asked for', () => {
    const late = overtaken(departures({ outOfOrder: 20 }));
    expect(late.length).toBeGreaterThan(15);
    expect(late.length).toBeLessThanOrEqual(20);
    expect(overtaken(departures())).toEqual([]);
  });

  it('disturbs only good notifications', () => {
    const all = departures({ slowBodies: 150, aborted: 150 });
    for (const { planned, manner } of all) expect(planned.kind === 'good').toBe(manner !== 'whole');
  });
});
