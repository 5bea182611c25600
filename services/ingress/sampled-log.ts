/**
 * What anybody can cause as often as they like: one line per reason and ten seconds, with how many there were since the
 * last.
 */
export class SampledLog {
  readonly #nowMs: () => number;
  readonly #state = new Map<string, { loggedAtMs: number; count: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param reason of a fixed set. @param log called with the count, or not at all */
  add(reason: string, log: (count: number) => void): void {
    const nowMs = this.#nowMs();
    const state = this.#state.get(reason) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, count: 0 };
    state.count += 1;
    if (nowMs - state.loggedAtMs >= 10_000) {
      log(state.count);
      state.loggedAtMs = nowMs;
      state.count = 0;
    }
    this.#state.set(reason, state);
  }
}
