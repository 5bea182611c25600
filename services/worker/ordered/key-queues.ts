export interface Queued {
  /** Memory that it takes. */
  readonly bytes: number;
}

/** What waits for one key, oldest first. The first of them is the only one that may be worked on. */
interface Queue<T> {
  items: T[];
  state: 'ready' | 'running' | 'waiting';
  /** Of the wait that is under way: what ends an earlier one is too late. */
  wait: number;
}

/**
 * A queue for each key. Of every key one item at a time is handed out, in the order in which they were added; keys take
 * turns. Pure.
 *
 *     add ──▶ ready ──take──▶ running ──done──▶ (next of the key) ready
 *               ▲                 └──wait──▶ waiting ─┐
 *               └────────────── resume ───────────────┘
 */
export class KeyQueues<T extends Queued> {
  readonly #queues = new Map<string, Queue<T>>();
  /** Keys in the order in which they became ready; those that are not any more are passed over. */
  #ready = new Set<string>();
  #waits = 0;
  #size = 0;
  #bytes = 0;

  /** Keys of which an item could be taken. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Items that are held, those handed out included. */
  get size(): number {
    return this.#size;
  }

  /** Of all items that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  add(key: string, item: T): void {
    this.#size += 1;
    this.#bytes += item.bytes;
    const queue = this.#queues.get(key);
    if (queue !== undefined) return void queue.items.push(item);
    this.#queues.set(key, { items: [item], state: 'ready', wait: 0 });
    this.#ready.add(key);
  }

  take(): { readonly key: string; readonly item: T } | null {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      const queue = this.#queues.get(key);
      const item = queue?.items[0];
      if (queue === undefined || item === undefined) continue;
      queue.state = 'running';
      return { key, item };
    }
    return null;
  }

  /** The item handed out for this key is dealt with. */
  done(key: string): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) return;
    this.#forget(queue.items.splice(0, 1));
    this.#makeReady(key, queue);
  }

  /** The item handed out stays the first of its key, and is handed out again after {@link resume} with what this returns. */
  wait(key: string): number {
    const queue = this.#queues.get(key);
    this.#waits += 1;
    if (queue !== undefined) {
      queue.state = 'waiting';
      queue.wait = this.#waits;
    }
    return this.#waits;
  }

  resume(key: string, wait: number): void {
    const queue = this.#queues.get(key);
    if (queue?.state === 'waiting' && queue.wait === wait) this.#makeReady(key, queue);
  }

  /** Lets go of what has not been handed out, where it applies. What is handed out ends by {@link done} or {@link wait}. */
  drop(applies: (item: T) => boolean): void {
    for (const [key, queue] of this.#queues) {
      const kept = queue.items.filter((item, i) => (i === 0 && queue.state === 'running') || !applies(item));
      if (kept.length === queue.items.length) continue;
      const isFirstGone = kept[0] !== queue.items[0];
      const keeps = new Set(kept);
      this.#forget(queue.items.filter((item) => !keeps.has(item)));
      queue.items = kept;
      if (isFirstGone) this.#makeReady(key, queue);
    }
  }

  /** Every item that is held. */
  *items(): Iterable<T> {
    for (const { items } of this.#queues.values()) yield* items;
  }

  #forget(items: readonly T[]): void {
    this.#size -= items.length;
    for (const { bytes } of items) this.#bytes -= bytes;
  }

  #makeReady(key: string, queue: Queue<T>): void {
    this.#ready.delete(key);
    if (queue.items.length === 0) return void this.#queues.delete(key);
    queue.state = 'ready';
    this.#ready.add(key);
  }
}
