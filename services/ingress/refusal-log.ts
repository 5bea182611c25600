import type { Logger } from '#shared/logger.ts';

/** Anybody can send wrong signatures: one line per reason and ten seconds, with how many there were since the last. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #state = new Map<string, { loggedAtMs: number; count: number }>();

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  add(reason: string): void {
    const nowMs = this.#nowMs();
    const state = this.#state.get(reason) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, count: 0 };
    state.count += 1;
    if (nowMs - state.loggedAtMs >= 10_000) {
      this.#logger.warn({ reason, count: state.count }, 'signature refused');
      state.loggedAtMs = nowMs;
      state.count = 0;
    }
    this.#state.set(reason, state);
  }
}
