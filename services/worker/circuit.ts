import type { Availability } from './delivery.ts';
import { backoffMs } from './settle.ts';

/** One call that the circuit let through. */
export interface CircuitCall {
  /** Answers that the handler had given when the call began. */
  readonly answersBefore: number;
}

/**
 * So many calls in a row have to find the handler unavailable. One or two happen whenever a handler is restarted under
 * load, and their messages are tried again anyway; five are more than a coincidence and still fewer than the calls of a
 * second.
 */
const OPENS_AFTER = 5;

const OPEN_FOR = { minBackoffMs: 1_000, maxBackoffMs: 30_000 };

/** How soon to ask again while a probe runs: its end may be as far off as the handler's timeout. */
const PROBE_CHECK_MS = 1_000;

/**
 *     closed ──the fifth call in a row finds it unavailable──▶ open
 *        ▲                                                      │  ▲
 *        │                               time is up, a call     │  │ probe finds it unavailable: open for
 *        │                               starts: the probe      ▼  │ twice as long, 30 s at most
 *        └── any call is answered by the handler itself ─────── half-open
 *
 * An answer closes it from wherever it is. While it is not closed only the probe's failures count: the calls that were
 * under way when it opened say nothing new. A probe that did not become a call makes way for another.
 */
type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly forMs: number; readonly openings: number }
  | { readonly kind: 'half-open'; readonly probe: CircuitCall; readonly openings: number };

/**
 * Whether the handler is there, as the calls of this process tell. While it is not, one call at a time finds out when it
 * is back, and no message pays for it with an attempt. Holds no clock and no timer; times may come from any clock, also
 * from one that jumps.
 */
export class Circuit {
  readonly #random: () => number;
  #state: State = { kind: 'closed', failures: 0 };
  #answers = 0;

  /** @param random in [0, 1); shortens waits by up to half, so that the pods of a handler do not probe in step */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long until a call may start: 0 = now. At most 30 s; ask again then, or when a call has ended. */
  waitMs(nowMs: number): number {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return 0;
      case 'open':
        // Never longer than it was to be when it began: a clock that was put back does not keep it open.
        return Math.min(Math.max(0, state.untilMs - nowMs), state.forMs);
      case 'half-open':
        return PROBE_CHECK_MS;
    }
  }

  /** Lets a call through, or not: null where {@link waitMs} is not 0. What it lets through has to end by {@link ended}. */
  start(nowMs: number): CircuitCall | null {
    const leftMs = this.waitMs(nowMs);
    const state = this.#state;
    if (leftMs > 0) {
      // Where the clock was put back the wait begins here, else it would never end.
      if (state.kind === 'open') this.#state = { ...state, untilMs: nowMs + leftMs };
      return null;
    }
    const call: CircuitCall = { answersBefore: this.#answers };
    if (state.kind === 'open') this.#state = { kind: 'half-open', probe: call, openings: state.openings };
    return call;
  }

  /**
   * Tells how a call ended; once for each.
   * @returns whether it tells something of the message; if not, it is the handler that was not there
   */
  ended(call: CircuitCall, how: Availability, nowMs: number): boolean {
    if (how === 'not-called') {
      this.#withdraw(call, nowMs);
      return false;
    }
    if (how === 'available') {
      this.#answers += 1;
      this.#state = { kind: 'closed', failures: 0 };
      return true;
    }
    // Others were answered while this one waited: it is this message that takes so long.
    if (how === 'timed-out' && this.#answers > call.answersBefore) return true;
    this.#failed(call, nowMs);
    return false;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    return this.#state.kind;
  }

  #failed(call: CircuitCall, nowMs: number): void {
    const state = this.#state;
    if (state.kind === 'closed') {
      const failures = state.failures + 1;
      if (failures < OPENS_AFTER) this.#state = { kind: 'closed', failures };
      else this.#open(1, nowMs);
    } else if (state.kind === 'half-open' && state.probe === call) {
      this.#open(state.openings + 1, nowMs);
    }
  }

  #open(openings: number, nowMs: number): void {
    const forMs = backoffMs(openings, OPEN_FOR, this.#random());
    this.#state = { kind: 'open', untilMs: nowMs + forMs, forMs, openings };
  }

  #withdraw(call: CircuitCall, nowMs: number): void {
    const state = this.#state;
    if (state.kind === 'half-open' && state.probe === call) {
      this.#state = { kind: 'open', untilMs: nowMs, forMs: 0, openings: state.openings };
    }
  }
}
