import { describe, expect, it } from 'vitest';
import { type Claim, ClaimStoreUnavailable, type Claims } from '#services/worker/claims/port.ts';
import { storedClaims } from '#services/worker/claims/stored-claims.ts';
import { type Fate, faultyStore } from './faulty-store.ts';

const KEY = 'handler.key';

function set(...fates: Fate[]) {
  const store = faultyStore(fates.values());
  const open = (owner: string, leaseMs = 1_000): Claims => storedClaims(store, { owner, leaseMs, nowMs: () => 0 });
  return { store, open, claims: open('me') };
}

async function claimed(claims: Claims): Promise<Claim> {
  const result = await claims.claim(KEY);
  if (result.kind !== 'claimed') expect.fail(result.kind);
  return result.claim;
}

describe('claim', () => {
  it('is one request for a new key and two for one that is taken', async () => {
    const { store, claims } = set();
    await claimed(claims);
    expect(store.requests()).toBe(1);
    expect((await claims.claim(KEY)).kind).toBe('held');
    expect(store.requests()).toBe(3);
  });

  it.each<[string, Fate]>([
    ['was not answered', 'unanswered'],
    ['never arrived', 'lost'],
    ['arrives late', 'late'],
  ])('reads the key back when its write %s, and has it', async (_case, fate) => {
    const { open, claims } = set(fate);
    const claim = await claimed(claims);
    expect((await open('other').claim(KEY)).kind).toBe('held');
    expect(await claim.finish('handled')).toBe(true);
  });

  it('has at the next try what was written while the store could not be read back', async () => {
    const { claims } = set('unanswered', 'lost');
    await expect(claims.claim(KEY)).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    expect((await claimed(claims)).record.crashes).toBe(0);
    expect((await claims.claim(KEY)).kind).toBe('held');
  });

  it('gives what was left unclear to one of two tries', async () => {
    const { claims } = set('unanswered', 'lost');
    await expect(claims.claim(KEY)).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    const results = await Promise.all([claims.claim(KEY), claims.claim(KEY)]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['claimed', 'held']);
  });
});

describe('after the store was away', () => {
  it('a lease that ran out holds for 8 s more, so that its owner can write down what it has done', async () => {
    let reachableForMs = Number.POSITIVE_INFINITY;
    const store = faultyStore([].values(), undefined, () => reachableForMs);
    const open = (owner: string, leaseMs: number) => storedClaims(store, { owner, leaseMs, nowMs: () => 0 });
    const first = await claimed(open('first', 0));
    const other = open('other', 1_000);
    reachableForMs = 1_000;
    expect(await other.claim(KEY)).toEqual({ kind: 'held', retryInMs: 7_000 });
    expect(await first.renew()).toBe(true);
    reachableForMs = 8_000;
    expect((await claimed(other)).record.crashes).toBe(1);
  });
});

describe('a held claim', () => {
  it.each<Fate>(['unanswered', 'lost', 'late'])('ends when the write of its end is %s', async (fate) => {
    const { claims } = set('answered', fate);
    const claim = await claimed(claims);
    expect(await claim.finish('handled')).toBe(true);
    expect(await claims.claim(KEY)).toEqual({ kind: 'done', outcome: 'handled' });
  });

  it('ends at the next try when the first was written and nothing could be read back', async () => {
    const { claims } = set('answered', 'unanswered', 'lost');
    const claim = await claimed(claims);
    await expect(claim.finish('dead')).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    expect(await claim.finish('dead')).toBe(true);
    expect(await claim.renew()).toBe(false);
  });

  it('does not write over its own end, known or not', async () => {
    const { claims } = set('answered', 'unanswered', 'lost');
    const claim = await claimed(claims);
    await expect(claim.finish('handled')).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    expect(await claim.retryLater({ countsAttempt: true, notBeforeMs: 0, delayMs: 0 })).toBe(false);
    expect(await claims.claim(KEY)).toEqual({ kind: 'done', outcome: 'handled' });
  });

  it('does not write over the next holder', async () => {
    const { open } = set();
    const first = await claimed(open('first', 0));
    const second = await claimed(open('second'));
    expect(second.record.crashes).toBe(1);
    expect(await first.finish('handled')).toBe(false);
    expect(await second.finish('dead')).toBe(true);
  });

  it('sends its writes one after the other', async () => {
    const { store, claims } = set();
    const claim = await claimed(claims);
    expect(await Promise.all([claim.renew(), claim.renew(), claim.finish('handled')])).toEqual([true, true, true]);
    // One each: none had to be read back because of another.
    expect(store.requests()).toBe(1 + 3);
  });
});
