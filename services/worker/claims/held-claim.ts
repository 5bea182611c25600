import { type Claim, ClaimStoreUnavailable } from './port.ts';
import {
  type ClaimedRecord,
  type ClaimRecord,
  decodeRecord,
  encodeRecord,
  finished,
  postponed,
  released,
} from './record.ts';
import type { RecordStore } from './record-store.ts';

/** Only our own renewals can come between, so few are enough. */
const MAX_ROUNDS = 4;

/** A claim just written as `record` at `revision`; what follows is fenced by the revision. */
export function heldClaim(held: { store: RecordStore; key: string; record: ClaimedRecord; revision: number }): Claim {
  const { store, key, record } = held;
  let { revision } = held;
  let ended = false;
  let last = Promise.resolve();

  /** One write at a time: a renewal still on its way must not look like somebody else to the write after it. */
  const inTurn = async (next: ClaimRecord): Promise<boolean> => {
    const before = last;
    const turn = Promise.withResolvers<void>();
    last = turn.promise;
    await before;
    try {
      return await replaceBy(next);
    } finally {
      turn.resolve();
    }
  };

  return {
    record,
    renew: () => inTurn(record),
    finish: (outcome) => inTurn(finished(record, outcome)),
    retryLater: (postponement) => inTurn(postponed(record, postponement)),
    release: () => inTurn(released(record)),
  };

  async function replaceBy(next: ClaimRecord): Promise<boolean> {
    if (ended) return false;
    const value = encodeRecord(next);
    let trouble: ClaimStoreUnavailable | null = null;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      try {
        const written = await store.update(key, value, revision);
        if (written.kind === 'written') {
          revision = written.revision;
          ended = next.state !== 'claimed';
          return true;
        }
      } catch (error) {
        if (!(error instanceof ClaimStoreUnavailable)) throw error;
        trouble = error;
      }
      // Not answered, or refused: refused can also be the repetition of a write whose answer was lost.
      const found = await store.get(key);
      const is = found === null || found.value === null ? null : decodeRecord(found.value);
      if (found === null || is?.owner !== record.owner) {
        ended = true;
        return false;
      }
      const isWritten = found.value === value && found.revision !== revision;
      if (isWritten || is.state !== 'claimed') {
        revision = found.revision;
        ended = is.state !== 'claimed';
        return isWritten;
      }
      revision = found.revision;
    }
    throw trouble ?? new ClaimStoreUnavailable(`claim ${key} changed ${MAX_ROUNDS} times while it was being written`);
  }
}
