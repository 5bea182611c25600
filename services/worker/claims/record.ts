import * as z from 'zod';

/** Version of what is written; a release reads its predecessor's. */
const VERSION = 1;

const count = z.int().min(0);

const common = {
  v: z.literal(VERSION),
  /** Who wrote it: one claimant in one process, never used for another claim. */
  owner: z.string().min(1),
  /** Calls that ran to an end which did not settle the message. */
  attempts: count,
  /** Times the handler was not there; no attempt used. */
  misses: count,
  /** Claims whose lease ran out: the worker died, or was cut off from the store. */
  crashes: count,
  /** Of the first claim, in ms since the epoch. */
  firstAt: count,
};

const Outcome = z.enum(['handled', 'dead']);

const ClaimRecord = z.discriminatedUnion('state', [
  z.object({ ...common, state: z.literal('claimed'), leaseMs: count }),
  /** Nobody may claim before `notBefore`, in ms since the epoch, or before `delayMs` have passed: see {@link waitMs}. */
  z.object({ ...common, state: z.literal('waiting'), notBefore: count, delayMs: count.optional() }),
  z.object({ ...common, state: z.literal('done'), outcome: Outcome }),
]);

/**
 * What is known of one message at one handler.
 *
 *     (none) ──take──▶ claimed ──finish──▶ done                     final
 *                       │  ▲  ▲
 *            retryLater │  │  └─ take, once the lease has run out: crashes + 1
 *            or release ▼  │
 *                     waiting ──take, when it is due──▶ claimed
 *
 * A lease begins with the last write and ends `leaseMs` later by the clock of the store, the only one that all
 * claimants share. Writing the record again renews it.
 */
export type ClaimRecord = z.output<typeof ClaimRecord>;
export type ClaimedRecord = Extract<ClaimRecord, { state: 'claimed' }>;
export type Outcome = z.output<typeof Outcome>;

export interface Claimant {
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseMs: number;
}

export type Decision =
  | { kind: 'take'; record: ClaimedRecord }
  | { kind: 'done'; outcome: Outcome }
  | { kind: 'held'; retryInMs: number }
  | { kind: 'waiting'; retryInMs: number };

/** Decides what a claimant may do with a record that was last written `ageMs` ago. Pure; times are whole milliseconds. */
export function decide(record: ClaimRecord | null, ageMs: number, claimant: Claimant): Decision {
  if (record === null) {
    return take({ attempts: 0, misses: 0, crashes: 0, firstAt: claimant.nowMs }, claimant);
  }
  switch (record.state) {
    case 'done':
      return { kind: 'done', outcome: record.outcome };
    case 'waiting': {
      const retryInMs = waitMs(record, ageMs, claimant.nowMs);
      return retryInMs > 0 ? { kind: 'waiting', retryInMs } : take(record, claimant);
    }
    case 'claimed': {
      const retryInMs = Math.ceil(record.leaseMs - ageMs);
      if (retryInMs > 0) return { kind: 'held', retryInMs };
      return take({ ...record, crashes: record.crashes + 1 }, claimant);
    }
  }
}

type WaitingRecord = Extract<ClaimRecord, { state: 'waiting' }>;

/**
 * A time to come is told by a clock that may be an hour ahead of the one it is compared with: that of another worker, or
 * the same one before it was set. So the wait lasts no longer by the clock of the store than it was to be.
 */
const waitMs = (record: WaitingRecord, ageMs: number, nowMs: number): number =>
  isFarOff(record, nowMs) ? Math.ceil((record.delayMs ?? Infinity) - ageMs) : record.notBefore - nowMs;

const isFarOff = ({ notBefore, delayMs = Infinity }: WaitingRecord, nowMs: number): boolean =>
  notBefore - nowMs > delayMs;

/** Whether {@link decide} goes by the age of the record. Pure. */
export function needsAge(record: ClaimRecord | null, nowMs: number): boolean {
  if (record === null) return false;
  return record.state === 'claimed' || (record.state === 'waiting' && isFarOff(record, nowMs));
}

type History = Pick<ClaimRecord, 'attempts' | 'misses' | 'crashes' | 'firstAt'>;

const historyOf = ({ attempts, misses, crashes, firstAt }: History): History => ({
  attempts,
  misses,
  crashes,
  firstAt,
});

const take = (history: History, { owner, leaseMs }: Claimant): Decision => ({
  kind: 'take',
  record: { v: VERSION, state: 'claimed', owner, ...historyOf(history), leaseMs },
});

export const finished = (record: ClaimedRecord, outcome: Outcome): ClaimRecord => ({
  v: VERSION,
  state: 'done',
  owner: record.owner,
  ...historyOf(record),
  outcome,
});

export interface Postponement {
  /** The call ran to an end; else the handler was not there. */
  readonly countsAttempt: boolean;
  /** Ms since the epoch. */
  readonly notBeforeMs: number;
  /** How far off that is. */
  readonly delayMs: number;
}

export const postponed = (
  record: ClaimedRecord,
  { countsAttempt, notBeforeMs, delayMs }: Postponement,
): ClaimRecord => ({
  v: VERSION,
  state: 'waiting',
  owner: record.owner,
  ...historyOf(record),
  attempts: record.attempts + (countsAttempt ? 1 : 0),
  misses: record.misses + (countsAttempt ? 0 : 1),
  notBefore: Math.max(0, Math.round(notBeforeMs)),
  delayMs: Math.max(0, Math.round(delayMs)),
});

/** As if it had never been claimed: free at once, nothing counted. */
export const released = (record: ClaimedRecord): ClaimRecord => ({
  v: VERSION,
  state: 'waiting',
  owner: record.owner,
  ...historyOf(record),
  notBefore: 0,
  delayMs: 0,
});

export const encodeRecord = (record: ClaimRecord): string => JSON.stringify(record);

const Versioned = z.object({ v: z.int().min(1) });

/**
 * Reads a stored record. Fields that it does not know are dropped.
 * @throws Error when a newer release wrote it, or nobody of us did
 */
export function decodeRecord(value: string): ClaimRecord {
  const json: unknown = JSON.parse(value);
  const { v } = Versioned.parse(json);
  if (v > VERSION) throw new Error(`a claim has format version ${v}, this release reads up to ${VERSION}`);
  return ClaimRecord.parse(json);
}
