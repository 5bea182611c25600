import { heldClaim } from './held-claim.ts';
import { type Claim, type ClaimResult, ClaimStoreUnavailable, type Claims } from './port.ts';
import { type ClaimRecord, decide, decodeRecord, encodeRecord, needsAge } from './record.ts';
import type { RecordStore, Stored, Written } from './record-store.ts';

export interface ClaimsOptions {
  /** Names this process; it must never be used by another one, not even by its successor after a restart. */
  readonly owner: string;
  readonly leaseMs: number;
  /** The wall clock, in ms since the epoch. */
  readonly nowMs: () => number;
}

/**
 * After the store was away, leases that ran out meanwhile hold for so long: their owners come back at the same time, and
 * write down first what they have done.
 */
const RECOVERY_MS = 8_000;
/** A key can change under us a few times; more is trouble. */
const MAX_ROUNDS = 6;
/** Claims whose fate is unknown; the oldest is forgotten, its lease will run out. */
const MAX_UNRESOLVED = 10_000;

/** Claims over any store. Undisputed, a message costs two writes: claimed, done. */
export function storedClaims(store: RecordStore, { owner, leaseMs, nowMs }: ClaimsOptions): Claims {
  let claimants = 0;
  const unresolved = new Map<string, string>();

  /** A name of its own for each claim: two tries of one process on one key must not take each other's for theirs. */
  const claimantFor = (key: string): string => {
    const earlier = unresolved.get(key);
    unresolved.delete(key);
    if (earlier !== undefined) return earlier;
    claimants += 1;
    return `${owner}#${claimants}`;
  };

  const remember = (key: string, claimant: string) => {
    const [oldest] = unresolved.keys();
    if (oldest !== undefined && unresolved.size >= MAX_UNRESOLVED) unresolved.delete(oldest);
    unresolved.set(key, claimant);
  };

  return {
    claim: async (key) => {
      const claimant = claimantFor(key);
      try {
        return await claimAs(claimant, key);
      } catch (error) {
        remember(key, claimant);
        throw error;
      }
    },
    close: () => store.close(),
  };

  async function claimAs(claimant: string, key: string): Promise<ClaimResult> {
    let trouble: ClaimStoreUnavailable | null = null;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      // Most messages are new: the first round writes without having read.
      const stored = round === 0 ? null : await store.get(key);
      const record = recordIn(stored);
      if (stored !== null && record?.state === 'claimed' && record.owner === claimant) {
        // A write of ours that was not answered, or whose answer was lost on the way.
        return await stillOurs(heldClaim({ store, key, record, revision: stored.revision }), 0);
      }
      const atMs = nowMs();
      const ageMs = stored !== null && needsAge(record, atMs) ? await stored.ageMs() : 0;
      const decision = decide(record, ageMs, { owner: claimant, nowMs: atMs, leaseMs });
      if (decision.kind !== 'take') return decision;
      const askedMs = nowMs();
      const recoveryMs = Math.ceil(RECOVERY_MS - store.reachableForMs());
      if (record?.state === 'claimed' && recoveryMs > 0) return { kind: 'held', retryInMs: recoveryMs };
      try {
        const written = await write(key, stored, encodeRecord(decision.record));
        if (written.kind === 'written') {
          const { revision } = written;
          return await stillOurs(heldClaim({ store, key, record: decision.record, revision }), askedMs);
        }
      } catch (error) {
        // It may have been written: the next round reads it back before anything is decided.
        if (!(error instanceof ClaimStoreUnavailable)) throw error;
        trouble = error;
      }
    }
    throw trouble ?? new ClaimStoreUnavailable(`claim ${key} changed ${MAX_ROUNDS} times while it was being claimed`);
  }

  /**
   * A process that stood still, or a store that was slow, may learn of its claim when the lease is over and another has
   * taken it: before it is used it is renewed, which only its owner can.
   */
  async function stillOurs(claim: Claim, askedMs: number): Promise<ClaimResult> {
    let sinceMs = askedMs;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (nowMs() - sinceMs <= leaseMs / 2) return { kind: 'claimed', claim };
      sinceMs = nowMs();
      if (!(await claim.renew())) return { kind: 'held', retryInMs: leaseMs };
    }
    throw new ClaimStoreUnavailable(`a claim was not renewed within half of its lease, ${MAX_ROUNDS} times`);
  }

  function write(key: string, over: Stored | null, value: string): Promise<Written> {
    return over === null ? store.create(key, value) : store.update(key, value, over.revision);
  }
}

const recordIn = (stored: Stored | null): ClaimRecord | null =>
  stored === null || stored.value === null ? null : decodeRecord(stored.value);
