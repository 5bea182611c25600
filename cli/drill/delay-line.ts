interface Waiting {
  readonly chunk: Buffer;
  readonly dueMs: number;
}

/** Hands chunks on, each not before its delay is over, never one before another that came earlier. */
export class DelayLine {
  readonly #write: (chunk: Buffer) => void;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (chunk: Buffer) => void) {
    this.#write = write;
  }

  /** At once where nothing waits and `delayMs` is 0. */
  push(chunk: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#waiting.length === 0) {
      this.#write(chunk);
      return;
    }
    this.#waiting.push({ chunk, dueMs: performance.now() + delayMs });
    this.#timer ??= setTimeout(() => this.#handOn(), delayMs);
  }

  /** What waits is dropped. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
  }

  #handOn(): void {
    this.#timer = null;
    while (this.#waiting[0] !== undefined && this.#waiting[0].dueMs <= performance.now()) {
      const next = this.#waiting.shift();
      if (next !== undefined) this.#write(next.chunk);
    }
    const [next] = this.#waiting;
    if (next !== undefined) this.#timer = setTimeout(() => this.#handOn(), Math.max(1, next.dueMs - performance.now()));
  }
}
