import { type Manner, type Order, WORK } from './order.ts';

/** What becomes of each call, by what was ordered last. Pure. */
export class Script {
  #order: Order = WORK;
  #calls = 0;
  #met = 0;

  get order(): Order {
    return this.#order;
  }

  /** Calls that the order was about, since it was given. */
  get met(): number {
    return this.#met;
  }

  follow(order: Order): void {
    this.#order = order;
    this.#calls = 0;
    this.#met = 0;
  }

  mannerOf(idempotencyKey: string): Manner {
    this.#calls += 1;
    if (!this.#isMeant(idempotencyKey)) return WORK.manner;
    this.#met += 1;
    return this.#order.manner;
  }

  #isMeant(idempotencyKey: string): boolean {
    const { which } = this.#order;
    switch (which.kind) {
      case 'all':
        return true;
      case 'one-in':
        return this.#calls % which.times === 0;
      case 'next':
        this.#order = { ...this.#order, which: { kind: 'key', idempotencyKey } };
        return true;
      case 'key':
        return which.idempotencyKey === idempotencyKey;
    }
  }
}
