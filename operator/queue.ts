import { type Backoff, backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { createTokenBucket, type Rate } from './token-bucket.ts';

/** Changes go before what is only looked at again, which has every tenth turn. */
export type Priority = 'change' | 'resync';

export interface QueueOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Between the tries of one key. 5 ms to 60 s where it is absent. */
  readonly backoff?: Backoff;
  /** How fast all keys together may be tried again. 10 a second, 100 at once, where it is absent. */
  readonly retries?: Rate;
}

/**
 * Keys to be worked on. However often a key is added it waits once, nobody gets one that somebody has, and one that is
 * added while somebody has it comes again.
 *
 *     idle ─▶ waiting (delayed) ─▶ ready ─▶ taken ─▶ idle, or ready where it was added meanwhile
 *        └──────────────────────────▲
 */
export interface WorkQueue<Key extends string> {
  /** Makes a key ready now, also one that waits. */
  add(key: Key, priority?: Priority): void;
  /** The same in a while. A key that is due sooner stays so. */
  addAfter(key: Key, delayMs: number, priority?: Priority): void;
  /** Makes a key ready again after a failure, later with each in a row. */
  retry(key: Key): void;
  /** The key did well: its next failure is the first again. */
  forget(key: Key): void;
  /** Makes every key that waits ready now, since what they failed on is back; changes first. */
  retryAll(): void;
  /** The next key, as soon as there is one; it is the caller's until `done`. @throws the signal's reason */
  take(signal: AbortSignal): Promise<Key>;
  done(key: Key): void;
  depth(): { readonly ready: number; readonly waiting: number; readonly taken: number };
  /** Cancels what waits. Keys that are added later are never handed out. */
  close(): void;
}

interface Entry {
  isTaken: boolean;
  /** Added while it was taken. */
  dirty: Priority | null;
  ready: Priority | null;
  delay: { readonly dueMs: number; readonly priority: Priority; readonly cancel: () => void } | null;
  failures: number;
}

const BACKOFF: Backoff = { minMs: 5, maxMs: 60_000 };
const RETRIES: Rate = { perSecond: 10, burst: 100 };
/** However many changes there are, and failures that count as such, nothing waits for ever. */
const TURNS_TO_A_RESYNC = 10;

export function createQueue<Key extends string>(options: QueueOptions): WorkQueue<Key> {
  const { clock, random, backoff = BACKOFF, retries = RETRIES } = options;
  const bucket = createTokenBucket(retries, clock);
  /** Every key that is not idle, or has failed. */
  const entries = new Map<Key, Entry>();
  const ready = { change: new Line<Key>(), resync: new Line<Key>() };
  const takers = new Set<(key: Key) => void>();
  /** Changes that went before a resync since the last one. */
  let changesInARow = 0;
  let isClosed = false;

  const entryOf = (key: Key): Entry => {
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { isTaken: false, dirty: null, ready: null, delay: null, failures: 0 };
    entries.set(key, entry);
    return entry;
  };

  const cancelDelay = (entry: Entry) => {
    entry.delay?.cancel();
    entry.delay = null;
  };

  const add = (key: Key, priority: Priority = 'change') => {
    if (isClosed) return;
    const entry = entryOf(key);
    const waited = entry.delay?.priority;
    cancelDelay(entry);
    const wanted = waited === 'change' ? 'change' : priority;
    if (entry.isTaken) {
      entry.dirty = higher(entry.dirty, wanted);
      return;
    }
    const next = higher(entry.ready, wanted);
    if (next === entry.ready) return;
    if (entry.ready !== null) ready[entry.ready].remove(key);
    entry.ready = next;
    ready[next].push(key);
    serve();
  };

  const addAfter = (key: Key, delayMs: number, priority: Priority = 'change') => {
    if (delayMs <= 0) {
      add(key, priority);
      return;
    }
    if (isClosed) return;
    const entry = entryOf(key);
    if (entry.ready !== null) return;
    const dueMs = clock.now() + delayMs;
    const before = entry.delay;
    const urgent = higher(before?.priority ?? null, priority);
    if (before !== null && before.dueMs <= dueMs && before.priority === urgent) return;
    cancelDelay(entry);
    const due = before === null ? dueMs : Math.min(before.dueMs, dueMs);
    const cancel = clock.after(due - clock.now(), () => {
      entry.delay = null;
      add(key, urgent);
    });
    entry.delay = { dueMs: due, priority: urgent, cancel };
  };

  const next = (): Key | undefined => {
    const isResyncsTurn = changesInARow >= TURNS_TO_A_RESYNC - 1;
    const key = isResyncsTurn
      ? (ready.resync.shift() ?? ready.change.shift())
      : (ready.change.shift() ?? ready.resync.shift());
    if (key === undefined) return undefined;
    const entry = entryOf(key);
    changesInARow = entry.ready === 'change' && ready.resync.size > 0 ? changesInARow + 1 : 0;
    entry.ready = null;
    entry.isTaken = true;
    return key;
  };

  const serve = () => {
    for (const taker of takers) {
      const key = next();
      if (key === undefined) return;
      takers.delete(taker);
      taker(key);
    }
  };

  return {
    add,
    addAfter,
    retry: (key) => {
      const entry = entryOf(key);
      entry.failures += 1;
      addAfter(key, Math.max(backoffMs(backoff, entry.failures, random()), bucket.reserve()));
    },
    forget: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.failures = 0;
      if (isIdle(entry)) entries.delete(key);
    },
    retryAll: () => {
      const waiting = Array.from(entries).filter(([, entry]) => entry.delay !== null);
      for (const [key, { delay }] of waiting) add(key, delay?.priority);
    },
    take: async (signal) => {
      signal.throwIfAborted();
      const key = next();
      if (key !== undefined) return key;
      const { promise, resolve, reject } = Promise.withResolvers<Key>();
      const onAbort = () => {
        takers.delete(resolve);
        reject(signal.reason);
      };
      takers.add(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
      return promise.finally(() => signal.removeEventListener('abort', onAbort));
    },
    done: (key) => {
      const entry = entries.get(key);
      if (entry === undefined || !entry.isTaken) throw new Error(`${key} was not taken`);
      entry.isTaken = false;
      const { dirty } = entry;
      entry.dirty = null;
      if (dirty !== null) add(key, dirty);
      else if (isIdle(entry) && entry.failures === 0) entries.delete(key);
    },
    depth: () => {
      const all = [...entries.values()];
      return {
        ready: ready.change.size + ready.resync.size,
        waiting: all.filter(({ delay }) => delay !== null).length,
        taken: all.filter(({ isTaken }) => isTaken).length,
      };
    },
    close: () => {
      isClosed = true;
      for (const entry of entries.values()) cancelDelay(entry);
    },
  };
}

const isIdle = ({ isTaken, ready, delay }: Entry): boolean => !isTaken && ready === null && delay === null;

const higher = (a: Priority | null, b: Priority): Priority => (a === 'change' ? a : b);

/** First in, first out, and out of turn, each in constant time. */
class Line<Key extends string> {
  readonly #keys = new Set<Key>();
  /** Goes through a Set's keys in the order they came, later ones too, and passes over those that are gone. */
  #head = this.#keys.values();

  get size(): number {
    return this.#keys.size;
  }

  push(key: Key): void {
    this.#keys.add(key);
  }

  remove(key: Key): void {
    this.#keys.delete(key);
  }

  shift(): Key | undefined {
    if (this.#keys.size === 0) return undefined;
    let head = this.#head.next();
    if (head.done === true) {
      // At its end an iterator stays there.
      this.#head = this.#keys.values();
      head = this.#head.next();
    }
    if (head.done === true) return undefined;
    this.#keys.delete(head.value);
    return head.value;
  }
}
