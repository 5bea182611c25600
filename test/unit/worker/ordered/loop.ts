import { vi } from 'vitest';

/** Time that passes only when everything due has happened. */
export class Loop {
  nowMs = 0;
  readonly #due: { atMs: number; run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + Math.max(0, delayMs);
    // Behind all that are due at the same time.
    const at = this.#due.findLastIndex((each) => each.atMs <= atMs) + 1;
    this.#due.splice(at, 0, { atMs, run });
  }

  /** Lets so much time pass, with all that falls into it. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#due.shift();
      this.#set(next.atMs);
      next.run();
      await turn();
    }
    this.#set(endMs);
  }

  #set(nowMs: number): void {
    this.nowMs = nowMs;
    vi.setSystemTime(nowMs);
  }
}

/** All promises that can settle have. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
