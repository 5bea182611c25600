import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { within } from '../kube/deadline.ts';
import type { ObjectKey } from '../kube/store.ts';
import type { Leadership } from '../leader/campaign.ts';
import type { Outcome } from '../outcome.ts';
import { createQueue, type WorkQueue } from '../queue.ts';

/** One pass over one resource. It may throw; it has to end when its signal fires. */
export type Reconcile = (key: ObjectKey, context: { readonly signal: AbortSignal }) => Promise<Outcome>;

export interface ControllerOptions {
  /** Every resource there is, for the beginning of a term and for resyncs. */
  readonly keys: () => Iterable<ObjectKey>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits?: Partial<Limits>;
  /** Told of every pass that ended while we led. */
  readonly onOutcome?: (end: Ended) => void;
  /**
   * A pass goes on although its signal fired `graceMs` ago. Nothing but the end of the process ends it, and until then its
   * resource cannot be worked on.
   */
  readonly onStuck: (key: ObjectKey) => void;
}

export interface Ended {
  readonly key: ObjectKey;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

export interface Limits {
  /** Passes at once, each over another resource. */
  readonly workers: number;
  /** For one pass. */
  readonly deadlineMs: number;
  /** How long a pass may take to end after its signal fired. */
  readonly graceMs: number;
  /** How often everything is looked at although nothing changed; up to a fifth more. */
  readonly resyncMs: number;
}

const LIMITS: Limits = { workers: 4, deadlineMs: 60_000, graceMs: 5_000, resyncMs: 600_000 };

export interface Controller {
  /** A resource, or something that belongs to it, has changed. Of no effect while we do not lead: a term begins with all. */
  notify(key: ObjectKey): void;
  /** What everybody failed on is back: no need to wait on. */
  retryAll(): void;
  depth(): ReturnType<WorkQueue<ObjectKey>['depth']>;
  /** Works for one term, from every resource on, until leadership ends. Stores have to be filled before. */
  lead(leadership: Leadership, reconcile: Reconcile): Promise<void>;
}

/** Watches → queue → reconcile → what its outcome asks for. */
export function createController(options: ControllerOptions): Controller {
  const { keys, clock, random, onOutcome = () => {}, onStuck } = options;
  const limits = { ...LIMITS, ...options.limits };
  /** Of the term that runs. */
  let queue: WorkQueue<ObjectKey> | null = null;

  const attempt = async (key: ObjectKey, reconcile: Reconcile, signal: AbortSignal): Promise<Outcome> => {
    let cancel = () => {};
    const onTimeout = () => new Error(`not done within ${limits.deadlineMs} ms`);
    try {
      return await within({ signal, timeoutMs: limits.deadlineMs, onTimeout }, async (inner) => {
        const watchIt = () => {
          cancel = clock.after(limits.graceMs, () => onStuck(key));
        };
        inner.addEventListener('abort', watchIt, { once: true });
        return reconcile(key, { signal: inner });
      });
    } catch (thrown) {
      return { kind: 'failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
    } finally {
      cancel();
    }
  };

  const work = async (of: WorkQueue<ObjectKey>, leadership: Leadership, reconcile: Reconcile): Promise<void> => {
    const { signal } = leadership;
    for (;;) {
      const key = await of.take(signal).catch(() => null);
      if (key === null || !leadership.isHeld()) return;
      const startedMs = clock.now();
      const outcome = await attempt(key, reconcile, signal);
      // What was cut short says nothing about the resource; the next term looks at it again.
      if (signal.aborted) return;
      settle(of, key, outcome);
      of.done(key);
      onOutcome({ key, outcome, durationMs: clock.now() - startedMs });
      // A pass that finds all as it should be waits for nothing: 500 of them in a row would keep what has changed waiting.
      await nextTurn();
    }
  };

  return {
    notify: (key) => queue?.add(key),
    retryAll: () => queue?.retryAll(),
    depth: () => queue?.depth() ?? { ready: 0, waiting: 0, taken: 0 },
    lead: async (leadership, reconcile) => {
      const term = createQueue<ObjectKey>({ clock, random });
      queue = term;
      let cancel = () => {};
      // Behind changes: at a start, and every so often, all resources come at once.
      const resync = () => {
        for (const key of keys()) term.add(key, 'resync');
        cancel = clock.after(limits.resyncMs * (1 + random() / 5), resync);
      };
      resync();
      try {
        await Promise.all(Array.from({ length: limits.workers }, () => work(term, leadership, reconcile)));
      } finally {
        cancel();
        term.close();
        queue = null;
      }
    },
  };
}

function settle(queue: WorkQueue<ObjectKey>, key: ObjectKey, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'done':
    case 'blocked':
      return queue.forget(key);
    case 'requeue':
      queue.forget(key);
      return queue.addAfter(key, outcome.afterMs, outcome.isRoutine === true ? 'resync' : 'change');
    case 'failed':
      return queue.retry(key);
  }
}
