import { expect, it } from 'vitest';
import { type Claim, ClaimStoreUnavailable, type Claims } from '#services/worker/claims/port.ts';
import { until } from '#test/support/until.ts';

export interface ClaimsUnderTest {
  /** Each call is another process: an owner and a connection of its own. */
  open(options: { owner: string; leaseMs: number; nowMs?: () => number }): Promise<Claims>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
}

const LONG_MS = 60_000;
/** Runs out within a test, but not while a busy machine holds it up between two steps. */
const SHORT_MS = 1_000;

let keys = 0;
/** One store serves the whole file, so each test has a key of its own. */
const freshKey = (): string => `handler.key-${(keys += 1)}`;

async function claimed(claims: Claims, key: string): Promise<Claim> {
  const result = await claims.claim(key);
  if (result.kind !== 'claimed') throw new Error(`the claim on ${key} is ${JSON.stringify(result)}`);
  return result.claim;
}

/** As a worker does: comes back until it may. */
const claimedInTheEnd = (claims: Claims, key: string): Promise<Claim> =>
  until(() => claimed(claims, key), { describe: `the claim on ${key}` });

/** What every implementation of the port must do, against the real store. */
export function claimsConformance(store: () => ClaimsUnderTest): void {
  it('gives a key to one of fifty who ask at once, and tells the others how long it is held', async () => {
    const processes = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((owner) => store().open({ owner, leaseMs: LONG_MS })),
    );
    const key = freshKey();
    const askers = Array.from({ length: 50 }, (_, index) => processes[index % processes.length] ?? expect.fail());
    const results = await Promise.all(askers.map((claims) => claims.claim(key)));
    expect(results.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    for (const result of results) {
      if (result.kind === 'claimed') continue;
      if (result.kind !== 'held') expect.fail(result.kind);
      expect(result.retryInMs).toBeGreaterThan(LONG_MS - 20_000);
      expect(result.retryInMs).toBeLessThanOrEqual(LONG_MS);
    }
  });

  it.each(['handled', 'dead'] as const)('keeps "%s" for good, also from the process that wrote it', async (outcome) => {
    const [one, two] = await Promise.all([
      store().open({ owner: 'one', leaseMs: LONG_MS }),
      store().open({ owner: 'two', leaseMs: LONG_MS }),
    ]);
    const key = freshKey();
    const claim = await claimed(one, key);
    expect(await claim.finish(outcome)).toBe(true);
    for (const claims of [one, two]) expect(await claims.claim(key)).toEqual({ kind: 'done', outcome });
    expect(await claim.retryLater({ countsAttempt: true, notBeforeMs: 0, delayMs: 0 })).toBe(false);
    expect(await claim.release()).toBe(false);
    expect(await claim.renew()).toBe(false);
    expect(await two.claim(key)).toEqual({ kind: 'done', outcome });
  });

  it('holds a retry back until it is due, and keeps its counts and its beginning', async () => {
    let nowMs = 1_000_000;
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS, nowMs: () => nowMs });
    const two = await store().open({ owner: 'two', leaseMs: LONG_MS, nowMs: () => nowMs });
    const key = freshKey();
    const first = await claimed(one, key);
    expect(first.record).toMatchObject({ attempts: 0, misses: 0, crashes: 0, firstAt: 1_000_000 });
    expect(await first.retryLater({ countsAttempt: true, notBeforeMs: 1_005_000, delayMs: 5_000 })).toBe(true);
    expect(await two.claim(key)).toEqual({ kind: 'waiting', retryInMs: 5_000 });
    nowMs = 1_005_000;
    const second = await claimed(two, key);
    expect(second.record).toMatchObject({ attempts: 1, misses: 0, crashes: 0, firstAt: 1_000_000 });
    expect(await second.retryLater({ countsAttempt: false, notBeforeMs: nowMs, delayMs: 0 })).toBe(true);
    const third = await claimed(one, key);
    expect(third.record).toMatchObject({ attempts: 1, misses: 1, crashes: 0, firstAt: 1_000_000 });
    expect(await first.finish('handled')).toBe(false);
    expect(await third.finish('handled')).toBe(true);
  });

  it('passes a claim on when its lease has run out, counts a crash, and fences the old holder off', async () => {
    const dead = await store().open({ owner: 'dead', leaseMs: SHORT_MS });
    const heir = await store().open({ owner: 'heir', leaseMs: LONG_MS });
    const key = freshKey();
    const old = await claimed(dead, key);
    const found = await heir.claim(key);
    expect(found).toMatchObject({ kind: 'held' });
    const taken = await claimedInTheEnd(heir, key);
    expect(taken.record).toMatchObject({ crashes: 1, attempts: 0 });
    expect(await old.renew()).toBe(false);
    expect(await old.finish('handled')).toBe(false);
    expect(await old.retryLater({ countsAttempt: true, notBeforeMs: 0, delayMs: 0 })).toBe(false);
    expect(await dead.claim(key)).toMatchObject({ kind: 'held' });
    expect(await taken.finish('handled')).toBe(true);
  });

  it('gives an abandoned claim to one heir only', async () => {
    const dead = await store().open({ owner: 'dead', leaseMs: SHORT_MS });
    const key = freshKey();
    await claimed(dead, key);
    const heirs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store().open({ owner: `heir-${index}`, leaseMs: LONG_MS })),
    );
    const results = await until(
      async () => {
        const all = await Promise.all(heirs.map((claims) => claims.claim(key)));
        return all.some(({ kind }) => kind === 'claimed') ? all : null;
      },
      { describe: 'an heir' },
    );
    expect(results.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect((await heirs[0]?.claim(key))?.kind).toBe('held');
  });

  it('stays with the one who renews it, beyond one lease and another', async () => {
    const one = await store().open({ owner: 'one', leaseMs: SHORT_MS });
    const two = await store().open({ owner: 'two', leaseMs: LONG_MS });
    const key = freshKey();
    const claim = await claimed(one, key);
    const endMs = performance.now() + 2.5 * SHORT_MS;
    await until(
      async () => {
        expect(await claim.renew()).toBe(true);
        expect((await two.claim(key)).kind).toBe('held');
        return performance.now() > endMs;
      },
      { describe: 'two leases and a half to pass', everyMs: SHORT_MS / 10 },
    );
    expect(await claim.finish('handled')).toBe(true);
  });

  it('takes a renewal on its way and the end of a claim one after the other', async () => {
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS });
    const claim = await claimed(one, freshKey());
    const writes = [claim.renew(), claim.renew(), claim.finish('handled'), claim.renew()];
    expect(await Promise.all(writes)).toEqual([true, true, true, false]);
  });

  it('lets the lease be finished late as long as nobody has taken over', async () => {
    const one = await store().open({ owner: 'one', leaseMs: SHORT_MS });
    const key = freshKey();
    const claim = await claimed(one, key);
    const claimedMs = performance.now();
    await until(() => performance.now() - claimedMs > SHORT_MS, { describe: 'the lease to run out' });
    expect(await claim.finish('handled')).toBe(true);
    expect(await one.claim(key)).toEqual({ kind: 'done', outcome: 'handled' });
  });

  it('forgets a released claim but for what came before it', async () => {
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS });
    const two = await store().open({ owner: 'two', leaseMs: LONG_MS });
    const key = freshKey();
    await (await claimed(one, key)).retryLater({ countsAttempt: true, notBeforeMs: 0, delayMs: 0 });
    const claim = await claimed(one, key);
    expect(await claim.release()).toBe(true);
    expect(await claim.finish('handled')).toBe(false);
    expect((await claimed(two, key)).record).toMatchObject({ attempts: 1, misses: 0, crashes: 0 });
  });

  it('says that it is unavailable while the store is away, and has lost nothing when it is back', async () => {
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS });
    const two = await store().open({ owner: 'two', leaseMs: LONG_MS });
    const [held, done, waiting, fresh] = [freshKey(), freshKey(), freshKey(), freshKey()];
    const claim = await claimed(one, held);
    const lapsed = freshKey();
    await claimed(await store().open({ owner: 'three', leaseMs: SHORT_MS }), lapsed);
    await (await claimed(one, done)).finish('dead');
    const notBeforeMs = Date.now() + LONG_MS;
    await (await claimed(one, waiting)).retryLater({ countsAttempt: false, notBeforeMs, delayMs: LONG_MS });

    await store().kill();
    await Promise.all([
      expect(one.claim(fresh)).rejects.toBeInstanceOf(ClaimStoreUnavailable),
      expect(two.claim(done)).rejects.toBeInstanceOf(ClaimStoreUnavailable),
      expect(claim.renew()).rejects.toBeInstanceOf(ClaimStoreUnavailable),
      expect(claim.finish('handled')).rejects.toBeInstanceOf(ClaimStoreUnavailable),
    ]);

    await store().restart();
    const found = await until(() => two.claim(held), { describe: 'the store to answer' });
    expect(found.kind).not.toBe('claimed');
    // Its owner may come back as well, and has 5 s to write down what it has done.
    expect((await two.claim(lapsed)).kind).toBe('held');
    expect(await two.claim(done)).toEqual({ kind: 'done', outcome: 'dead' });
    expect((await two.claim(waiting)).kind).toBe('waiting');
    expect(await until(() => claim.finish('handled'), { describe: 'the outcome to be written' })).toBe(true);
    expect(await two.claim(held)).toEqual({ kind: 'done', outcome: 'handled' });
  });

  it('finds a claim to be its own that was written without being answered, and counts no crash', async () => {
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS });
    const key = freshKey();
    await claimed(one, freshKey());
    await store().freeze();
    try {
      await expect(one.claim(key)).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    } finally {
      store().thaw();
    }
    const claim = await claimedInTheEnd(one, key);
    expect(claim.record).toMatchObject({ attempts: 0, misses: 0, crashes: 0 });
    const two = await store().open({ owner: 'two', leaseMs: LONG_MS });
    expect((await two.claim(key)).kind).toBe('held');
    expect(await claim.finish('handled')).toBe(true);
  });

  it('has an outcome written that was not answered, when it is asked to write it again', async () => {
    const one = await store().open({ owner: 'one', leaseMs: LONG_MS });
    const key = freshKey();
    const claim = await claimed(one, key);
    await store().freeze();
    try {
      await expect(claim.finish('handled')).rejects.toBeInstanceOf(ClaimStoreUnavailable);
    } finally {
      store().thaw();
    }
    expect(await until(() => claim.finish('handled'), { describe: 'the outcome to be written' })).toBe(true);
    expect(await one.claim(key)).toEqual({ kind: 'done', outcome: 'handled' });
  });
}
