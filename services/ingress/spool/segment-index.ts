/** Where a record of a segment lies. */
export interface IndexEntry {
  readonly seq: number;
  readonly offset: number;
  readonly end: number;
  /** Of the counter of its key. */
  readonly slot: number;
  readonly appendedAtMs: number;
}

const MISSING = -1;

/** Where each record of a segment lies: three numbers in memory for each, 24 bytes; their bodies stay on the disk. */
export class SegmentIndex {
  readonly firstSeq: number;
  readonly #offsets: number[] = [];
  readonly #slots: number[] = [];
  readonly #times: number[] = [];
  #end = 0;

  constructor(firstSeq: number) {
    this.firstSeq = firstSeq;
  }

  /** Behind the last record. */
  get end(): number {
    return this.#end;
  }

  get nextSeq(): number {
    return this.firstSeq + this.#offsets.length;
  }

  /** Sequences are added in ascending order; those left out are missing. */
  add({ seq, offset, end, slot, appendedAtMs }: IndexEntry): void {
    while (this.nextSeq < seq) this.#push(this.#end, MISSING, 0);
    this.#push(offset, slot, appendedAtMs);
    this.#end = end;
  }

  /** Null where there is no such record. */
  find(seq: number): IndexEntry | null {
    const i = seq - this.firstSeq;
    const offset = this.#offsets[i];
    const slot = this.#slots[i];
    if (offset === undefined || slot === undefined || slot === MISSING) return null;
    return { seq, offset, end: this.#offsets[i + 1] ?? this.#end, slot, appendedAtMs: this.#times[i] ?? 0 };
  }

  #push(offset: number, slot: number, appendedAtMs: number): void {
    this.#offsets.push(offset);
    this.#slots.push(slot);
    this.#times.push(appendedAtMs);
  }
}
