import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Circuit, type CircuitCall } from '#services/worker/circuit.ts';
import type { Availability } from '#services/worker/delivery.ts';

type Act =
  | { kind: 'start' }
  | { kind: 'end'; pick: number; how: Availability }
  /** Clocks also go back. */
  | { kind: 'pass'; ms: number };

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Act>({ kind: 'start' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      pick: fc.nat({ max: 1_000 }),
      how: fc.constantFrom<Availability>('available', 'unavailable', 'unavailable', 'timed-out', 'not-called'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
  },
);
const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

it('keeps its rules in whatever happens', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 200 }), randoms, (script, random) => {
      const circuit = new Circuit(() => random.next().value);
      const running: CircuitCall[] = [];
      const probes = new Set<CircuitCall>();
      let nowMs = 0;
      for (const act of script) {
        switch (act.kind) {
          case 'pass':
            nowMs += act.ms;
            break;
          case 'start': {
            const isClosed = circuit.state === 'closed';
            const mustWait = circuit.waitMs(nowMs) > 0;
            const started = circuit.start(nowMs);
            expect(started === null).toBe(mustWait);
            if (isClosed) expect(started).not.toBeNull();
            if (started === null) break;
            running.push(started);
            if (!isClosed) probes.add(started);
            break;
          }
          case 'end': {
            const [ended] = running.splice(act.pick % Math.max(1, running.length), 1);
            if (ended === undefined) break;
            probes.delete(ended);
            const counts = circuit.ended(ended, act.how, nowMs);
            if (act.how === 'available') {
              expect([circuit.state, circuit.waitMs(nowMs)]).toEqual(['closed', 0]);
              // Those that still run were let through to find out what is known now.
              probes.clear();
            }
            if (act.how === 'unavailable') expect(counts).toBe(false);
            break;
          }
        }
        expect(probes.size).toBeLessThanOrEqual(1);
        expect(circuit.waitMs(nowMs)).toBeLessThanOrEqual(30_000);
      }
    }),
    { numRuns: 1_000 },
  );
});

it('lets a call through within half a minute of waiting, as long as calls end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), randoms, fc.integer(), (rounds, random, startMs) => {
      const circuit = new Circuit(() => random.next().value);
      let nowMs = startMs;
      for (let i = 0; i < rounds; i += 1) {
        let waitedMs = 0;
        let started = circuit.start(nowMs);
        for (let asked = 0; started === null && asked < 3; asked += 1) {
          const waitMs = circuit.waitMs(nowMs);
          waitedMs += waitMs;
          nowMs += waitMs;
          started = circuit.start(nowMs);
        }
        expect(waitedMs).toBeLessThanOrEqual(30_000);
        if (started === null) throw new Error('nothing was let through');
        circuit.ended(started, 'unavailable', nowMs);
      }
    }),
  );
});
