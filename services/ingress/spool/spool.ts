import { asError } from '#shared/logger.ts';
import { Appender } from './appender.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { BackgroundTask, OnSpoolEvent } from './event.ts';
import { ensureFolder } from './folder.ts';
import type { Batch, Holdings } from './holdings.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { readRecord, type SpoolRecord, type StoredRecord } from './record.ts';
import { type FoundAtOpen, type Recovered, recover } from './recover.ts';
import type { AppendResult } from './refusal.ts';
import type { Segment } from './segment.ts';
import { SegmentFiles } from './segment-files.ts';
import { Serial } from './serial.ts';
import { forgetSetAside, setAside } from './set-aside.ts';

const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Bodies that one reading brings into memory. */
const READ_BYTES = 1024 * 1024;
/** What was removed for less is published again after a crash. */
const CHECKPOINT_DELAY_MS = 1_000;

export interface SpoolOptions {
  /** Made where it is not there; the one that it lies in is. For one spool alone. */
  readonly folder: string;
  /**
   * Of all segments together; the spool takes no other space but 16 MiB for what is damaged. Two segments at least. What
   * was taken once is kept for the next time.
   */
  readonly maxBytes: number;
  /** Of a segment, and so of a record. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** Default: nobody is told. */
  readonly onEvent?: OnSpoolEvent;
  readonly nowMs?: () => number;
}

export type Opened =
  | { kind: 'opened'; spool: Spool; found: FoundAtOpen }
  /** Another process, or another spool of this one, has the folder. */
  | { kind: 'taken' }
  /** The folder cannot be read or written. */
  | { kind: 'unusable'; error: Error };

export interface SpoolStats {
  /** Held: durable, and not removed. */
  readonly records: number;
  /** What they take on the disk. */
  readonly bytes: number;
  /** When the oldest was appended, milliseconds since 1970; null where nothing is held. */
  readonly oldestAtMs: number | null;
}

/**
 * Messages on the disk of this machine, in order, until they can be published.
 *
 *     append ──▶ waiting ──write, synced──▶ held ──oldest──▶ (published) ──remove──▶ gone
 *                   │                         │
 *                   └──▶ refused              └── damaged on the disk ──▶ set aside
 *
 *     segment    the one written to ──full, or a write failed──▶ sealed ──all of its records gone──▶ spare or deleted
 *
 * What was removed is noted within a second, so after a crash a few are held again: the same bytes, the same ids.
 * A disk that hangs makes everything hang that waits for it; deadlines are the caller's.
 */
export class Spool {
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #files: SegmentFiles;
  readonly #holdings: Holdings;
  readonly #appender: Appender;
  readonly #onEvent: OnSpoolEvent;
  /** Reading, giving segments back, checkpoints: none sees a file that another one just closed. */
  readonly #serial = new Serial();
  #checkpointDue: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: SpoolOptions, lock: FolderLock, files: SegmentFiles, recovered: Recovered) {
    const { folder, onEvent = () => undefined, nowMs = Date.now, segmentBytes = SEGMENT_BYTES } = options;
    const { holdings, active, nextSeq } = recovered;
    this.#folder = folder;
    this.#lock = lock;
    this.#files = files;
    this.#holdings = holdings;
    this.#onEvent = onEvent;
    const release = (sealed: Segment | null) => this.#release(sealed);
    this.#appender = new Appender({ files, holdings, segmentBytes, active, nextSeq, nowMs, onEvent, release });
  }

  /** Reads what the runs before left, and has a first segment made in the background. Never throws. */
  static async open(options: SpoolOptions): Promise<Opened> {
    const { folder, maxBytes, segmentBytes = SEGMENT_BYTES, onEvent = () => undefined } = options;
    if (maxBytes < 2 * segmentBytes) {
      return { kind: 'unusable', error: new Error(`${maxBytes} bytes do not hold two segments of ${segmentBytes}`) };
    }
    let lock: FolderLock | null = null;
    try {
      await ensureFolder(folder);
      const locking = lockFolder(folder);
      if (locking.kind === 'taken') return locking;
      if (locking.kind === 'failed') return { kind: 'unusable', error: locking.error };
      lock = locking.lock;
      const removed = await readCheckpoint(folder);
      const { files, segments, nextSeq } = await SegmentFiles.open(folder, { maxBytes, segmentBytes });
      // A folder that cannot be written is told now, not when the broker is away.
      await writeCheckpoint(folder, removed);
      const recovered = await recover({ folder, files: segments, removed, nextSeq, onEvent });
      const spool = new Spool(options, lock, files, recovered);
      spool.#start(recovered);
      return { kind: 'opened', spool, found: recovered.found };
    } catch (thrown) {
      lock?.release();
      return { kind: 'unusable', error: asError(thrown) };
    }
  }

  /**
   * Calls back, once, with `durable` only when the record survives the loss of this process and of the machine's power.
   * The body must not change until then. Never throws.
   */
  append(record: SpoolRecord, done: (result: AppendResult) => void): void {
    this.#appender.append(record, done);
  }

  /**
   * The first records behind `afterSeq` that are held, in order: up to `maxRecords` and 1 MiB, one at least, none only
   * where none is held. What is damaged is set aside and left out.
   * @throws Error of the file system
   */
  oldest(maxRecords: number, afterSeq = 0): Promise<StoredRecord[]> {
    return this.#serial.run(async () => {
      for (;;) {
        const batch = this.#holdings.batch({ afterSeq, maxRecords, maxBytes: READ_BYTES });
        if (batch === null) return [];
        const records = await this.#read(batch);
        if (records.length > 0) return records;
      }
    });
  }

  /** Those that were published. A sequence that is not held is none. */
  remove(seqs: Iterable<number>): void {
    const touched = new Set<Segment>();
    for (const seq of seqs) {
      const segment = this.#holdings.remove(seq);
      if (segment !== null) touched.add(segment);
    }
    if (touched.size === 0 || this.#closing !== null) return;
    for (const segment of touched) void this.#background('retire', () => this.#retire(segment));
    this.#checkpointDue ??= setTimeout(() => this.#checkpoint(), CHECKPOINT_DELAY_MS).unref();
  }

  /**
   * Gives up what was appended before then, as far as that is the oldest: it is as good as removed.
   * @returns how many records that were
   */
  expire(beforeMs: number): number {
    const seqs = this.#holdings.appendedBefore(beforeMs);
    this.remove(seqs);
    return seqs.length;
  }

  /**
   * Removes from the disk what is not held any more: what was set aside before then; and, while nothing is held, the bytes
   * of all records that were. Never rejects.
   */
  async wipe(beforeMs: number): Promise<void> {
    await this.#background('wipe', () => forgetSetAside(this.#folder, beforeMs));
    const isIdle = () => this.#appender.isIdle && this.#holdings.records === 0 && this.#closing === null;
    if (!isIdle()) return;
    await this.#appender.rest();
    try {
      await this.#files.blank(isIdle);
    } catch (thrown) {
      this.#onEvent({ kind: 'failed', task: 'wipe', error: asError(thrown) });
    }
  }

  /** Whether a record of the key waits or is held. Now and then true of one that is not; never false of one that is. */
  holds(key: string): boolean {
    return this.#holdings.keys.has(key);
  }

  stats(): SpoolStats {
    const { records, bytes, oldestAtMs } = this.#holdings;
    return { records, bytes, oldestAtMs };
  }

  /** Writes what waits, notes what is removed, and gives the folder free. What is appended from now on is refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appender.close();
    this.#checkpoint();
    await this.#serial.run(async () => {
      for (const segment of this.#holdings.segments) await segment.close();
    });
    await this.#files.close();
    this.#lock.release();
  }

  #start({ holdings, active }: Recovered): void {
    for (const segment of holdings.segments) void this.#background('retire', () => this.#retire(segment));
    if (active === null) this.#appender.prepare();
  }

  async #read({ segment, entries }: Batch): Promise<StoredRecord[]> {
    const start = entries[0]?.offset ?? 0;
    const bytes = await segment.read(start, entries.at(-1)?.end ?? 0);
    const records: StoredRecord[] = [];
    for (const { seq, offset, end } of entries) {
      const reading = readRecord(bytes, offset - start);
      if (reading.kind === 'record' && reading.stored.seq === seq) {
        records.push(reading.stored);
        continue;
      }
      const place = { segment: segment.file.path, offset };
      const file = await setAside(this.#folder, segment.file.path, offset, bytes.subarray(offset - start, end - start));
      this.#onEvent({ kind: 'set-aside', ...place, bytes: end - offset, records: 1, file });
      this.remove([seq]);
    }
    return records;
  }

  #release(sealed: Segment | null): Promise<void> {
    if (sealed !== null) sealed.isSealed = true;
    // Behind all that was removed before.
    return this.#background('retire', async () => {
      if (sealed !== null) await this.#retire(sealed);
    });
  }

  /** Gives the file of a segment back, once nothing of it is needed any more. */
  async #retire(segment: Segment): Promise<void> {
    if (!segment.isSealed || segment.held > 0 || !this.#holdings.segments.includes(segment)) return;
    this.#holdings.drop(segment);
    await segment.close();
    const dirtyBytes = Math.max(segment.file.dirtyBytes, segment.index.end);
    await this.#files.giveBack({ ...segment.file, dirtyBytes }, segment.isTrusted ? this.#appender.nextSeq : null);
  }

  #checkpoint(): void {
    clearTimeout(this.#checkpointDue ?? undefined);
    this.#checkpointDue = null;
    void this.#background('checkpoint', () => writeCheckpoint(this.#folder, this.#holdings.removed.ranges));
  }

  /** Never rejects. */
  async #background(task: BackgroundTask, work: () => Promise<void>): Promise<void> {
    try {
      await this.#serial.run(work);
    } catch (thrown) {
      this.#onEvent({ kind: 'failed', task, error: asError(thrown) });
    }
  }
}
