/** Bounds how many messages are worked on at once. */
export class Slots {
  readonly size: number;
  #taken = 0;
  #change = Promise.withResolvers<void>();

  constructor(size: number) {
    this.size = size;
  }

  get free(): number {
    return this.size - this.#taken;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Runs the work in a slot of its own; the caller has seen that one is free. Never rejects. */
  async run(work: () => Promise<void>): Promise<void> {
    this.#taken += 1;
    try {
      await work();
    } finally {
      this.#taken -= 1;
      this.#change.resolve();
      this.#change = Promise.withResolvers<void>();
    }
  }

  /** Resolves when at least `count` slots are free. */
  async untilFree(count: number): Promise<void> {
    while (this.free < count) await this.#change.promise;
  }

  /** Resolves when nothing is being worked on. */
  untilIdle(): Promise<void> {
    return this.untilFree(this.size);
  }
}
