import type { HoldReason } from './penalties/ruling.ts';

/** Why something waits: for its second chance, or because it was ruled so. */
export type WaitReason = 'retry' | HoldReason;

/** What waits, each with the time at which it is to be looked at again. */
export interface Backlog<T> {
  readonly add: (because: WaitReason, untilMs: number, item: T) => void;
  /** When the next one is due; `null` when nothing waits. */
  readonly dueMs: () => number | null;
  /** Takes out the one that is due first. */
  readonly take: () => T | undefined;
  /** What the endpoint's answers have held up, and for longer than `untilMs`, is due then. */
  readonly release: (untilMs: number) => void;
  readonly size: () => number;
}

interface Waiting<T> {
  readonly untilMs: number;
  readonly item: T;
}

/** The next one out, and how to take it. */
interface Lane<T> {
  readonly next: () => Waiting<T> | undefined;
  readonly take: () => Waiting<T> | undefined;
  readonly push: (waiting: Waiting<T>) => void;
}

interface ReleasableLane<T> extends Lane<T> {
  readonly release: (untilMs: number) => void;
}

/**
 * One lane a reason: whatever waits for the same reason waits equally long, unless the policy is set in between; only then does
 * anything overtake. The lane of an outage gives out the newest first, as Intercom does. Where two lanes are due at once, the
 * earlier here goes first.
 */
export function createBacklog<T>(): Backlog<T> {
  const throttled = oldestFirst<T>();
  const lowPriority = oldestFirst<T>();
  const byReason: Readonly<Record<WaitReason, Lane<T>>> = {
    retry: oldestFirst(),
    throttled,
    outage: newestFirst(),
    'low-priority': lowPriority,
  };
  const lanes = Object.values(byReason);
  let size = 0;

  function earliest(): Lane<T> | null {
    let found: Lane<T> | null = null;
    let foundMs = Infinity;
    for (const lane of lanes) {
      const untilMs = lane.next()?.untilMs ?? Infinity;
      if (untilMs >= foundMs) continue;
      found = lane;
      foundMs = untilMs;
    }
    return found;
  }

  return {
    add(because, untilMs, item) {
      byReason[because].push({ untilMs, item });
      size += 1;
    },
    dueMs: () => (size === 0 ? null : (earliest()?.next()?.untilMs ?? null)),
    take() {
      const taken = earliest()?.take();
      if (taken !== undefined) size -= 1;
      return taken?.item;
    },
    release(untilMs) {
      throttled.release(untilMs);
      lowPriority.release(untilMs);
    },
    size: () => size,
  };
}

function newestFirst<T>(): Lane<T> {
  const stack: Waiting<T>[] = [];
  return { next: () => stack.at(-1), take: () => stack.pop(), push: (waiting) => void stack.push(waiting) };
}

/** Taken ones are cut off in one go: `shift` would move all the others each time. */
function oldestFirst<T>(): ReleasableLane<T> {
  let queue: Waiting<T>[] = [];
  let taken = 0;
  return {
    next: () => queue[taken],
    take() {
      const first = queue[taken];
      if (first === undefined) return undefined;
      taken += 1;
      if (taken * 2 > queue.length) {
        queue = queue.slice(taken);
        taken = 0;
      }
      return first;
    },
    push(waiting) {
      let at = queue.length;
      while (at > taken && (queue[at - 1]?.untilMs ?? 0) > waiting.untilMs) at -= 1;
      queue.splice(at, 0, waiting);
    },
    release(untilMs) {
      queue = queue.slice(taken).map((each) => ({ ...each, untilMs: Math.min(each.untilMs, untilMs) }));
      taken = 0;
    },
  };
}
