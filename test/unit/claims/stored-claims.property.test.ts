import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Claim, ClaimStoreUnavailable } from '#services/worker/claims/port.ts';
import { storedClaims } from '#services/worker/claims/stored-claims.ts';
import { faultyStore } from './faulty-store.ts';

const fate = fc.oneof(
  { arbitrary: fc.constant('answered' as const), weight: 3 },
  { arbitrary: fc.constantFrom('lost' as const, 'unanswered' as const, 'late' as const), weight: 1 },
);

const KEY = 'handler.key';
const LEASE_MS = 1_000;

/** The store being away means trying again; how often is bounded, so that a run ends. */
async function insist<T>(ask: () => Promise<T>, tries: number): Promise<T | null> {
  for (let tried = 0; tried < tries; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      expect(error).toBeInstanceOf(ClaimStoreUnavailable);
    }
  }
  return null;
}

it('has one holder at a time and one end, whatever becomes of the requests and in whatever order', async () => {
  let ends = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.infiniteStream(fate), async (scheduler, fates) => {
      const store = faultyStore(fates, () => scheduler.schedule(Promise.resolve()));
      const holders = new Set<Claim>();
      let finishes = 0;

      const worker = async (name: string) => {
        const claims = storedClaims(store, { owner: name, leaseMs: LEASE_MS, nowMs: () => 0 });
        // Two deliveries of one message to one worker, at once.
        const deliver = async () => {
          const result = await insist(() => claims.claim(KEY), 6);
          if (result?.kind !== 'claimed') return;
          const { claim } = result;
          holders.add(claim);
          expect(holders.size).toBe(1);
          expect(finishes).toBe(0);
          expect(await insist(() => claim.renew(), 20)).not.toBe(false);
          // From here on the record may be free again before we hear of it.
          holders.delete(claim);
          if (name === 'c') return void (await insist(() => claim.release(), 6));
          if (await insist(() => claim.finish('handled'), 20)) finishes += 1;
        };
        await Promise.all([deliver(), deliver()]);
      };
      await scheduler.waitFor(Promise.all(['a', 'b', 'c'].map(worker)));

      expect(finishes).toBeLessThanOrEqual(1);
      if (finishes === 1) expect(store.value()).toContain('"state":"done"');
      expect(store.value() ?? '"crashes":0').toContain('"crashes":0');
      ends += finishes;
    }),
    { numRuns: 300 },
  );
  expect(ends).toBeGreaterThan(50);
});
