import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Claim, ClaimStoreUnavailable } from '#services/worker/claims/port.ts';
import type { RecordStore, Written } from '#services/worker/claims/record-store.ts';
import { storedClaims } from '#services/worker/claims/stored-claims.ts';

/** What becomes of a request: answered; never arrived; done but not answered; done after the answer was given up on. */
const fate = fc.oneof(
  { arbitrary: fc.constant('answered' as const), weight: 3 },
  { arbitrary: fc.constantFrom('lost' as const, 'unanswered' as const, 'late' as const), weight: 1 },
);
type Fate = 'answered' | 'lost' | 'unanswered' | 'late';

const KEY = 'handler.key';
const LEASE_MS = 1_000;
const away = () => new ClaimStoreUnavailable('no answer');

/** One record with compare-and-set; `turn` lets requests overtake each other. */
function faultyStore(fates: Iterator<Fate>, turn: () => Promise<unknown>): RecordStore & { value(): string | null } {
  let revision = 0;
  let value: string | null = null;
  const late: (() => void)[] = [];

  const set = (next: string, over: number): Written => {
    if (over !== revision) return { kind: 'conflict' };
    revision += 1;
    value = next;
    return { kind: 'written', revision };
  };
  const write = async (next: string, over: number): Promise<Written> => {
    await turn();
    // What came late comes before what comes after it.
    for (const apply of late.splice(0)) apply();
    const what = fates.next().value ?? 'answered';
    if (what === 'late') late.push(() => set(next, over));
    const written: Written = what === 'answered' || what === 'unanswered' ? set(next, over) : { kind: 'conflict' };
    await turn();
    if (what === 'answered') return written;
    throw away();
  };
  return {
    create: (_key, next) => write(next, 0),
    update: (_key, next, over) => write(next, over),
    get: async () => {
      await turn();
      const found = value === null ? null : { value, revision, ageMs: () => Promise.resolve(0) };
      const isAnswered = fates.next().value === 'answered';
      await turn();
      if (isAnswered) return found;
      throw away();
    },
    close: () => Promise.resolve(),
    value: () => value,
  };
}

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
