/** Beats of one member come so often. */
export const BEAT_MS = 500;
/** Who was not heard of for so long is gone: four beats may be lost. Longer than a pull request lasts (2 s). */
export const GONE_MS = 2_500;
/** Who has just come listens for so long: every other has sent a beat by then. */
const SETTLE_MS = BEAT_MS + 100;
/** Pods of one handler; `scaling.maxReplicas` is far below. */
const MAX_MEMBERS = 1_000;

/**
 * Which workers of a handler live, as one of them hears it. It hears itself too: who does not is cut off, and must not
 * take the others for dead. Pure; times are of any steady clock.
 *
 *     unheard ──own beat heard──▶ settling ──SETTLE_MS──▶ member
 *        ▲                           │                      │
 *        └────── own beats not heard for GONE_MS ───────────┘
 */
export class MemberTable {
  readonly #self: string;
  readonly #heardMs = new Map<string, number>();
  #settledMs: number | null = null;

  constructor(self: string) {
    this.#self = self;
  }

  heard(member: string, nowMs: number): void {
    if (member === this.#self) this.#settledMs ??= nowMs + SETTLE_MS;
    if (this.#heardMs.size < MAX_MEMBERS || this.#heardMs.has(member)) this.#heardMs.set(member, nowMs);
  }

  left(member: string): void {
    this.#heardMs.delete(member);
  }

  /** Everybody who lives, sorted; nobody while this one is cut off, or does not know yet. */
  members(nowMs: number): string[] {
    for (const [member, heardMs] of this.#heardMs) if (nowMs - heardMs > GONE_MS) this.#heardMs.delete(member);
    if (!this.#heardMs.has(this.#self)) this.#settledMs = null;
    return this.#settledMs === null || nowMs < this.#settledMs ? [] : [...this.#heardMs.keys()].toSorted();
  }
}
