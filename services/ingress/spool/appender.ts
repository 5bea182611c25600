import { asError } from '#shared/logger.ts';
import type { OnSpoolEvent } from './event.ts';
import type { Holdings } from './holdings.ts';
import { slotOf } from './key-counts.ts';
import { type PreparedRecord, prepareRecord, type SpoolRecord, writeRecord } from './record.ts';
import { type AppendResult, type Refused, refused, refusedBy } from './refusal.ts';
import { Segment } from './segment.ts';
import type { SegmentFiles } from './segment-files.ts';
import { SegmentIndex } from './segment-index.ts';

/** One write; above this the next wait for the next. */
const MAX_GROUP_BYTES = 1024 * 1024;
/** What may wait for the disk: 30 000 records of 2 KB. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** 24 bytes of index each. */
const MAX_RECORDS = 1_000_000;
/** After an error of the file system, so long nothing is tried and everything refused. */
const PAUSE_MS = 1_000;

export interface AppenderOptions {
  readonly files: SegmentFiles;
  readonly holdings: Holdings;
  readonly segmentBytes: number;
  /** The segment to go on with, where there is one. */
  readonly active: Segment | null;
  readonly nextSeq: number;
  readonly nowMs: () => number;
  readonly onEvent: OnSpoolEvent;
  /**
   * Takes a segment that will not be written any more, and gives back the files that are not needed any more: one of
   * them may be needed now. Never rejects.
   */
  readonly release: (sealed: Segment | null) => Promise<void>;
}

interface Waiting {
  readonly prepared: PreparedRecord;
  readonly slot: number;
  readonly done: (result: AppendResult) => void;
}

const DURABLE: AppendResult = { kind: 'durable' };

/**
 * Writes records in groups: all that wait go with one write and one sync, those that come meanwhile with the next.
 *
 *     waiting ──▶ group ──write, sync──▶ held
 *        │          └──── failed ──▶ refused; the segment is abandoned, its sequences are gone
 *        └── no segment to be had ──▶ refused
 */
export class Appender {
  readonly #options: AppenderOptions;
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  #active: Segment | null;
  #nextSeq: number;
  #buffer: Buffer | null = null;
  #committing: Promise<void> | null = null;
  #pause: { readonly untilMs: number; readonly because: Refused } | null = null;
  #isClosed = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#active = options.active;
    this.#nextSeq = options.nextSeq;
  }

  /** Above every sequence that was ever used. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  append(record: SpoolRecord, done: (result: AppendResult) => void): void {
    const prepared = prepareRecord(record);
    const refusal = this.#refusalOf(prepared);
    if (refusal !== null) return done(refusal);
    const slot = slotOf(record.key);
    this.#options.holdings.keys.add(slot);
    this.#queue.push({ prepared, slot, done });
    this.#waitingBytes += prepared.byteLength;
    // One turn of the event loop makes one group.
    this.#committing ??= new Promise((resolve) => {
      setImmediate(() => resolve(this.#commitAll()));
    });
  }

  /** Has the next segment made, in the background. */
  prepare(): void {
    const { files, onEvent } = this.#options;
    files.prepare().catch((thrown: unknown) => onEvent({ kind: 'failed', task: 'prepare', error: asError(thrown) }));
  }

  /** Gives back the segment that was written to, where nothing waits for it: what comes begins another. */
  async rest(): Promise<void> {
    if (this.isIdle && this.#active !== null && this.#active.index.end > 0) await this.#seal();
  }

  /** Nothing waits to be written. */
  get isIdle(): boolean {
    return this.#committing === null;
  }

  /** Writes what waits, and refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#committing;
  }

  #refusalOf({ byteLength }: PreparedRecord): Refused | null {
    const { segmentBytes, holdings } = this.#options;
    if (this.#isClosed) return refused('closed', 'the spool is closed');
    if (byteLength > segmentBytes) return refused('too-large', `${byteLength} bytes, ${segmentBytes} at most`);
    if (this.#waitingBytes + byteLength > MAX_WAITING_BYTES) {
      return refused('busy', `${MAX_WAITING_BYTES} bytes wait for the disk already`);
    }
    if (holdings.records + this.#queue.length >= MAX_RECORDS) return refused('full', `${MAX_RECORDS} records are held`);
    return null;
  }

  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const segment = await this.#segmentFor(this.#queue[0]?.prepared.byteLength ?? 0);
      if ('reason' in segment) this.#settle(this.#queue.splice(0), segment);
      else await this.#commit(segment);
    }
    this.#committing = null;
  }

  /** @returns what to write to; or why there is nothing, which then holds for all that wait */
  async #segmentFor(byteLength: number): Promise<Segment | Refused> {
    const { files, holdings, nowMs } = this.#options;
    if (this.#active !== null && this.#active.room >= byteLength) return this.#active;
    if (this.#pause !== null && nowMs() < this.#pause.untilMs) return this.#pause.because;
    this.#pause = null;
    try {
      await this.#seal();
      const file = await files.take(this.#nextSeq);
      if (file === null) return refused('full', 'the spool holds as many segments as maxBytes allows');
      const segment = await Segment.open(file, new SegmentIndex(file.firstSeq));
      holdings.segments.push(segment);
      this.#active = segment;
      return segment;
    } catch (thrown) {
      const because = refusedBy(thrown);
      this.#pause = { untilMs: nowMs() + PAUSE_MS, because };
      return because;
    }
  }

  async #commit(segment: Segment): Promise<void> {
    const { holdings, nowMs, onEvent } = this.#options;
    const group = this.#takeGroup(segment.room);
    const firstSeq = this.#nextSeq;
    const appendedAtMs = nowMs();
    this.#nextSeq += group.length;
    try {
      await segment.append(this.#encode(group, firstSeq, appendedAtMs));
    } catch (thrown) {
      // Some of them may be on the disk all the same, and come up at the next start. Now they are as good as gone.
      holdings.removed.addRange([firstSeq, this.#nextSeq - 1]);
      segment.isTrusted = false;
      onEvent({ kind: 'abandoned', segment: segment.file.path, error: asError(thrown) });
      await this.#seal();
      return this.#settle(group, refusedBy(thrown));
    }
    const wasHalfEmpty = segment.room > segment.file.byteLength / 2;
    for (const [i, { prepared, slot }] of group.entries()) {
      const offset = segment.index.end;
      holdings.add(segment, { seq: firstSeq + i, offset, end: offset + prepared.byteLength, slot, appendedAtMs });
    }
    this.#settle(group, DURABLE);
    if (wasHalfEmpty && segment.room <= segment.file.byteLength / 2) this.prepare();
  }

  #takeGroup(room: number): Waiting[] {
    const maxBytes = Math.min(room, MAX_GROUP_BYTES);
    let bytes = 0;
    let size = 0;
    for (const { prepared } of this.#queue) {
      bytes += prepared.byteLength;
      // The first fits into the segment, if not into a group.
      if (size > 0 && bytes > maxBytes) break;
      size += 1;
    }
    return this.#queue.splice(0, size);
  }

  #encode(group: readonly Waiting[], firstSeq: number, appendedAtMs: number): Buffer {
    const byteLength = group.reduce((sum, { prepared }) => sum + prepared.byteLength, 0);
    const target = byteLength <= MAX_GROUP_BYTES ? (this.#buffer ??= newBuffer()) : Buffer.allocUnsafeSlow(byteLength);
    let offset = 0;
    for (const [i, { prepared }] of group.entries()) {
      writeRecord(target, prepared, { seq: firstSeq + i, appendedAtMs, offset });
      offset += prepared.byteLength;
    }
    return target.subarray(0, byteLength);
  }

  #settle(group: readonly Waiting[], result: AppendResult): void {
    for (const { prepared, slot, done } of group) {
      this.#waitingBytes -= prepared.byteLength;
      if (result.kind === 'refused') this.#options.holdings.keys.remove(slot);
      done(result);
    }
  }

  async #seal(): Promise<void> {
    const segment = this.#active;
    this.#active = null;
    await this.#options.release(segment);
  }
}

/** One group is written at a time, so they all share it. */
const newBuffer = (): Buffer => Buffer.allocUnsafeSlow(MAX_GROUP_BYTES);
