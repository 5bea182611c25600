import type { ClaimRecord, Outcome, Postponement } from './record.ts';

/**
 * Who may call the handler with a message, and what became of earlier calls. At most one claim on a key is valid at any
 * time, over all workers, their crashes and store trouble.
 */
export interface Claims {
  /**
   * Tries to become the one that handles `key`.
   * @throws ClaimStoreUnavailable when the store cannot be asked: wait and try again, never go ahead without. Should
   * the store have written the claim after all, the next try of this process finds it to be its own.
   * @throws Error when a newer release wrote the record
   */
  claim(key: string): Promise<ClaimResult>;
  /** Releases the connection where the claims own it. Claims that are held run out by their lease. */
  close(): Promise<void>;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'done'; outcome: Outcome }
  /** Another works on it, or may yet write down what it has done. */
  | { kind: 'held'; retryInMs: number }
  /** Its retry is not due yet. */
  | { kind: 'waiting'; retryInMs: number };

/**
 * A claim that is held. Each call resolves to false when it is ours no more: another took it over after the lease had
 * run out, or this claim has ended by one of the last three. Calls run one after another.
 * @throws ClaimStoreUnavailable from each of them; the call can be repeated
 */
export interface Claim {
  /** As it was claimed: counts are of what came before. */
  readonly record: ClaimRecord;
  /** Begins a new lease. */
  renew(): Promise<boolean>;
  /** Ends it for good. */
  finish(outcome: Outcome): Promise<boolean>;
  /** Ends it until `notBeforeMs` (since the epoch), which is `delayMs` from now, counting an attempt or a miss. */
  retryLater(postponement: Postponement): Promise<boolean>;
  /** Ends it as if it had never been claimed; for a shutdown before the call has begun. */
  release(): Promise<boolean>;
}

/** The store could not be asked, or did not answer in time. What was to be written may or may not be there. */
export class ClaimStoreUnavailable extends Error {
  readonly code = 'CLAIM_STORE_UNAVAILABLE';
  override readonly name = 'ClaimStoreUnavailable';
}
