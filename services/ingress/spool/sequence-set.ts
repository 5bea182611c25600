/** From the first to the last of them, both included. */
export type Range = readonly [from: number, to: number];

/** Whole numbers, as the ranges that they form: what goes in order needs one range, however many they are. */
export class SequenceSet {
  /** Ascending, with at least one number missing between two. */
  readonly #ranges: [from: number, to: number][] = [];

  constructor(ranges: readonly Range[] = []) {
    for (const range of ranges) this.addRange(range);
  }

  /** Ascending. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** The largest of them, 0 for none. */
  get last(): number {
    return this.#ranges.at(-1)?.[1] ?? 0;
  }

  has(seq: number): boolean {
    const range = this.#ranges[this.#firstEndingAt(seq)];
    return range !== undefined && range[0] <= seq;
  }

  /** The first number from `seq` on that is not among them. */
  firstMissing(seq: number): number {
    const range = this.#ranges[this.#firstEndingAt(seq)];
    return range !== undefined && range[0] <= seq ? range[1] + 1 : seq;
  }

  add(seq: number): void {
    this.addRange([seq, seq]);
  }

  /** A range that ends before it begins is none. */
  addRange([from, to]: Range): void {
    if (to < from) return;
    // Those that overlap it or touch it become one with it.
    const start = this.#firstEndingAt(from - 1);
    let end = start;
    let merged: [number, number] = [from, to];
    for (let range = this.#ranges[end]; range !== undefined && range[0] <= to + 1; range = this.#ranges[end]) {
      merged = [Math.min(merged[0], range[0]), Math.max(merged[1], range[1])];
      end += 1;
    }
    this.#ranges.splice(start, end - start, merged);
  }

  /** The place of the first range that ends at `seq` or behind it. */
  #firstEndingAt(seq: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
