import type { Worked } from '../worked.ts';
import { KeyQueues, type Queued } from './key-queues.ts';

/** A message as it is held while it waits for its turn. */
export interface Held extends Queued {
  readonly key: string;
  readonly partition: number;
  /** Which takeover of the partition brought it. */
  readonly generation: number;
  readonly ack: () => void;
}

export interface RunnerOptions<T extends Held> {
  /** Calls at once. */
  readonly concurrency: number;
  /** One try. Never rejects. */
  readonly work: (item: T) => Promise<Worked>;
  /** How long nothing may be started; 0 = not at all. */
  readonly pauseMs: () => number;
  /** Calls back once, after so long. */
  readonly after: (delayMs: number, callback: () => void) => void;
  /** Something may be asked for, or is over. */
  readonly onChange: () => void;
}

/** How soon a message that another works on is looked at again: the other is ending, or dead. */
const HELD_RETRY_MS = 250;

/**
 * Works on what the partitions bring: one item of a key at a time, in their order; as many keys at once as is allowed.
 * An item that is to be tried later holds back its own key only. What an earlier owner of a partition, or this one
 * before a takeover, has begun is seen by the claims: the item comes again, and waits until that has ended.
 */
export class Runner<T extends Held> {
  readonly #options: RunnerOptions<T>;
  readonly #queues = new KeyQueues<T>();
  /** Generation of each partition that is held now. */
  readonly #generations = new Map<number, number>();
  #running = 0;
  #isPaused = false;
  #isResting = false;
  #idle = Promise.withResolvers<void>();

  constructor(options: RunnerOptions<T>) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  /** Keys that only wait for a free place. */
  get ready(): number {
    return this.#queues.ready;
  }

  get size(): number {
    return this.#queues.size;
  }

  get bytes(): number {
    return this.#queues.bytes;
  }

  /** From now on the partition's items are those of `generation`; nothing of an earlier one is begun any more. */
  begin(partition: number, generation: number): void {
    this.#generations.set(partition, generation);
    this.#queues.drop((item) => item.partition === partition && item.generation !== generation);
  }

  /** The partition is somebody else's: nothing of it is begun any more. */
  end(partition: number): void {
    this.#generations.delete(partition);
    this.#queues.drop((item) => item.partition === partition);
  }

  add(item: T): void {
    if (!this.#isCurrent(item)) return;
    this.#queues.add(item.key, item);
    this.#pump();
  }

  /** Resolves when nothing is being worked on. */
  async untilIdle(): Promise<void> {
    while (this.#running > 0) await this.#idle.promise;
  }

  /** Held items of a partition. */
  heldOf(partition: number): number {
    let count = 0;
    for (const item of this.#queues.items()) if (item.partition === partition) count += 1;
    return count;
  }

  #isCurrent({ partition, generation }: T): boolean {
    return this.#generations.get(partition) === generation;
  }

  #pump(): void {
    while (this.#running < this.#options.concurrency && !this.#isResting) {
      if (this.#queues.ready === 0) return;
      const pauseMs = this.#options.pauseMs();
      if (pauseMs > 0) return this.#pause(pauseMs);
      const taken = this.#queues.take();
      if (taken === null) return;
      void this.#run(taken.key, taken.item);
    }
  }

  #pause(pauseMs: number): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.after(pauseMs, () => {
      this.#isPaused = false;
      this.#pump();
    });
  }

  /** The others would fare as this one did. */
  #rest(forMs: number): void {
    if (this.#isResting) return;
    this.#isResting = true;
    this.#options.after(forMs, () => {
      this.#isResting = false;
      this.#pump();
    });
  }

  async #run(key: string, item: T): Promise<void> {
    this.#running += 1;
    const worked = await this.#options.work(item);
    this.#running -= 1;
    this.#settle(key, item, worked);
    this.#idle.resolve();
    this.#idle = Promise.withResolvers<void>();
    this.#pump();
    this.#options.onChange();
  }

  #settle(key: string, item: T, worked: Worked): void {
    switch (worked.kind) {
      case 'over':
        // Not where it was taken over meanwhile: it comes again, and its number may be another's in a stream made anew.
        if (this.#isCurrent(item) || !this.#generations.has(item.partition)) item.ack();
        return this.#queues.done(key);
      case 'later': {
        // Whoever has the partition now has it too.
        if (!this.#isCurrent(item)) return this.#queues.done(key);
        if (worked.because === 'store-away') this.#rest(worked.delayMs);
        const delayMs = worked.because === 'held' ? Math.min(worked.delayMs, HELD_RETRY_MS) : worked.delayMs;
        const wait = this.#queues.wait(key);
        this.#options.after(delayMs, () => {
          this.#queues.resume(key, wait);
          this.#pump();
        });
      }
    }
  }
}
