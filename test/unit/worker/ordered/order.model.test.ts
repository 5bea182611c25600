import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { orderReport } from '#test/support/order-report.ts';
import { ModelWorld } from './model-world.ts';

/** More of them: MODEL_RUNS=20000 npx vitest run --project unit test/unit/worker/ordered */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 2_000);
const KEYS = 5;

// What of our code reads the clock is to read that of the model; its intervals never come.
beforeAll(() => vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }));
afterAll(() => vi.useRealTimers());

const worker = fc.nat({ max: 7 });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('publish' as const), key: fc.nat({ max: KEYS - 1 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('freeze' as const), worker, ms: fc.integer({ min: 100, max: 6_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('reassign' as const), worker, partition: fc.nat({ max: 1 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function run(world: ModelWorld, action: Step): Promise<void> {
  switch (action.do) {
    case 'publish':
      return world.publish(action.key);
    case 'pass':
      return await world.loop.pass(action.ms);
    case 'crash':
      return world.crash(action.worker);
    case 'freeze':
      return world.freeze(action.worker, action.ms);
    case 'reassign':
      return world.reassign(action.partition, action.worker);
  }
}

it('loses nothing, keeps the order of each key, and repeats only what was interrupted, whatever happens to workers', async () => {
  let repeated = 0;
  let interrupted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 80 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (steps, numbers) => {
        const world = new ModelWorld(() => numbers.next().value ?? 0);
        for (const action of steps) await run(world, action);
        await world.settle();
        const { handledTwice, ...report } = orderReport(world.published, world.calls);
        expect(report).toEqual({ lost: [], outOfOrder: [], overlapping: [] });
        expect(world.calledAfterDone).toEqual([]);
        expect(world.doneBeforeEffects).toEqual([]);
        expect(world.effects.size).toBe(world.published.length);
        expect(world.unacknowledged).toBe(0);
        expect(handledTwice.length).toBeLessThanOrEqual(world.interrupted);
        repeated += handledTwice.length;
        interrupted += world.interrupted;
      },
    ),
    { numRuns: RUNS },
  );
  // Otherwise nothing of it was about crashes.
  expect(repeated).toBeGreaterThan(0);
  expect(interrupted).toBeGreaterThan(RUNS / 10);
}, 600_000);
