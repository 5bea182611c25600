import { type AnswerRow, REMEMBERED_SECONDS } from '#shared/observation.ts';

/** Places in a row of the document, behind its second. */
const COLUMNS = { ok: 0, error: 1, other: 2, redelivered: 3 } as const;
const WIDTH = 4;

/** Counts by the second, the last {@link REMEMBERED_SECONDS} of them. Made once; counting allocates nothing. */
export class AnswerSeconds {
  /** Which second a slot counts at present. */
  readonly #seconds = new Float64Array(REMEMBERED_SECONDS);
  readonly #counts = new Uint32Array(REMEMBERED_SECONDS * WIDTH);

  count(second: number, column: keyof typeof COLUMNS): void {
    const slot = second % REMEMBERED_SECONDS;
    const from = slot * WIDTH;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#counts.fill(0, from, from + WIDTH);
    }
    const at = from + COLUMNS[column];
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** The seconds in which something was counted, in their order, none older than what is remembered. */
  rows(nowSecond: number): AnswerRow[] {
    const rows: AnswerRow[] = [];
    for (const [slot, second] of this.#seconds.entries()) {
      if (second === 0 || second <= nowSecond - REMEMBERED_SECONDS) continue;
      const [ok = 0, error = 0, other = 0, redelivered = 0] = this.#counts.subarray(slot * WIDTH, (slot + 1) * WIDTH);
      rows.push([second, ok, error, other, redelivered]);
    }
    return rows.toSorted(([a], [b]) => a - b);
  }
}
