/**
 * What claims need of a store: compare-and-set on single keys, and its clock. Every method rejects with
 * ClaimStoreUnavailable when the store did not answer within a deadline of its own; a write may then have happened.
 */
export interface RecordStore {
  /** Writes where nothing is. */
  create(key: string, value: string): Promise<Written>;
  get(key: string): Promise<Stored | null>;
  /** Writes over `revision`, and over nothing else. */
  update(key: string, value: string, revision: number): Promise<Written>;
  /** Since when it can be reached, if it could not be for a while; else endless. In ms. */
  reachableForMs(): number;
  close(): Promise<void>;
}

export type Written = { kind: 'written'; revision: number } | { kind: 'conflict' };

export interface Stored {
  /** Null for the marker that a deletion leaves in some stores; it has a revision all the same. */
  readonly value: string | null;
  readonly revision: number;
  /** How long ago it was written, by the store's clock. A request of its own in some stores. */
  ageMs(): Promise<number>;
}
