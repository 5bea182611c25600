import { setTimeout as delay } from 'node:timers/promises';

/**
 * When the next may go: never sooner than an interval after the one before was due, and without making good for time
 * that nobody used, so that no pause is followed by a burst. Pure, in milliseconds.
 */
export const nextDueMs = (lastDueMs: number, nowMs: number, intervalMs: number): number =>
  Math.max(lastDueMs + intervalMs, nowMs);

/** Lets so many through a second, at even distances. */
export class Pace {
  readonly #intervalMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(ratePerSecond: number) {
    this.#intervalMs = 1_000 / ratePerSecond;
  }

  /** Resolves when the next may go, or when `signal` says not to wait. */
  async wait(signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    this.#dueMs = nextDueMs(this.#dueMs, nowMs, this.#intervalMs);
    if (this.#dueMs > nowMs) await delay(this.#dueMs - nowMs, undefined, { signal }).catch(() => undefined);
  }
}
