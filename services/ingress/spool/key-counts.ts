import { crc32 } from 'node:zlib';

/** A quarter of a million counters, 1 MiB, whatever the number of keys. */
const SLOTS = 2 ** 18;

/** The counter of a key. */
export const slotOf = (key: string): number => crc32(key) % SLOTS;

/**
 * How many records of a key are held. Two keys may share a counter: then one is said to be held with the other, never
 * not held while it is.
 */
export class KeyCounts {
  readonly #counts = new Uint32Array(SLOTS);

  has(key: string): boolean {
    return this.#of(slotOf(key)) > 0;
  }

  add(slot: number): void {
    this.#counts[slot] = this.#of(slot) + 1;
  }

  remove(slot: number): void {
    this.#counts[slot] = Math.max(0, this.#of(slot) - 1);
  }

  #of(slot: number): number {
    return this.#counts[slot] ?? 0;
  }
}
