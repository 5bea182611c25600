import { type Backoff, backoffMs } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Kube, Listed } from './kube.ts';
import { KubeError, type KubeFailure } from './kube-error.ts';
import type { KubeObject, Resource } from './resource.ts';

/** What holds a copy of a collection. */
export interface Sink {
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
  /**
   * A list has ended, each of its objects having been put: what has none of these uids is gone. It was the list of that
   * namespace, or of all of them.
   */
  retain(uids: ReadonlySet<string>, namespace?: string): void;
}

export type Incident =
  | { readonly kind: 'listed'; readonly objects: number; readonly durationMs: number }
  /** The API server has no such kind, which was to be expected. */
  | { readonly kind: 'unserved' }
  /** `sink` where the copy could not take an object, which is then listed again. */
  | { readonly kind: 'failed'; readonly during: 'list' | 'watch'; readonly failure: KubeFailure | 'sink'; error: Error }
  /** The API server ended a watch. */
  | { readonly kind: 'ended'; readonly livedMs: number };

export interface Timing {
  /** How long the API server keeps a watch open, at least; at most half as long again. */
  readonly watchSeconds: number;
  /** How much longer than that nothing may come before the connection counts as dead. */
  readonly silenceMs: number;
  /** A watch that ends or fails sooner counts as one more failure in a row. */
  readonly healthyMs: number;
  readonly backoff: Backoff;
  /** After how long it is asked again for a kind that it did not serve. */
  readonly unservedMs: number;
}

export interface ReflectorOptions {
  readonly kube: Pick<Kube, 'pages' | 'watch'>;
  readonly resource: Resource;
  readonly scope: Listed;
  readonly sink: Sink;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onIncident?: (incident: Incident) => void;
  readonly timing?: Partial<Timing>;
  /** The kind need not be served: as long as it is not, there is nothing of it. */
  readonly isOptional?: boolean;
}

export interface Reflector {
  readonly resource: Resource;
  /** Resolves when the sink was filled for the first time; rejects when it is stopped before. */
  whenSynced(): Promise<void>;
  /** How long ago the API server was heard: it took a watch, or sent a page, an event or a bookmark. */
  silentMs(): number;
  /** Whether it has been silent for longer than a watch that works can be, and reconnecting has not helped. */
  isDeaf(): boolean;
  stop(): Promise<void>;
}

const TIMING: Timing = {
  watchSeconds: 40,
  silenceMs: 10_000,
  healthyMs: 5_000,
  backoff: { minMs: 200, maxMs: 10_000 },
  unservedMs: 15_000,
};

/** Where the copy stands: the resource version to watch from, or null where everything has to be listed first. */
type Cursor = string | null;

/** One list or one watch. */
type Step =
  /** Says nothing about the watch that follows: where that fails each time, the pauses have to grow. */
  | { readonly kind: 'listed'; readonly cursor: Cursor }
  | { readonly kind: 'lived'; readonly cursor: Cursor }
  /** A watch that failed after it had lived, or anything that did not get so far. */
  | { readonly kind: 'broke' | 'short'; readonly cursor: Cursor; readonly atLeastMs: number };

/** The longest pause that the API server can ask for. */
const MAX_ASKED_MS = 60_000;

/**
 * Keeps `sink` equal to a collection of the API server until it is stopped, whatever fails on the way.
 *
 *     list ─▶ watch from the list's resource version ─▶ ended or broken: watch from the last one seen
 *      ▲                                              └▶ too old (410), or the sink failed ─┐
 *      └────────────────────────────── pause, longer and longer ◀───────────────────────────┘
 */
export function startReflector(options: ReflectorOptions): Reflector {
  const { kube, resource, scope, sink, clock, random, onIncident = () => {}, isOptional = false } = options;
  const timing = { ...TIMING, ...options.timing };
  const longestWatchMs = timing.watchSeconds * 1500 + timing.silenceMs;
  const stopping = new AbortController();
  const { signal } = stopping;
  const synced = Promise.withResolvers<void>();
  // Not everybody waits for it.
  synced.promise.catch(() => {});
  let heardAtMs = clock.now();
  const hear = () => {
    heardAtMs = clock.now();
  };

  const list = async (): Promise<string> => {
    const startedMs = clock.now();
    const uids = new Set<string>();
    let resourceVersion = '';
    for await (const page of kube.pages(resource, scope, { signal })) {
      hear();
      // At once, so that no more than a page is held as it came.
      for (const object of page.items) {
        sink.put(object);
        uids.add(object.metadata.uid);
      }
      ({ resourceVersion } = page);
    }
    sink.retain(uids, scope.namespace);
    synced.resolve();
    onIncident({ kind: 'listed', objects: uids.size, durationMs: clock.now() - startedMs });
    return resourceVersion;
  };

  /** @returns when the API server ends the watch; `advance` has then been called with every resource version seen */
  const watch = async (since: string, advance: (resourceVersion: string) => void): Promise<void> => {
    const seconds = Math.ceil(timing.watchSeconds * (1 + random() / 2));
    const silenceMs = seconds * 1000 + timing.silenceMs;
    const events = kube.watch(
      resource,
      { ...scope, resourceVersion: since, seconds },
      { signal, silenceMs, onOpen: hear },
    );
    for await (const event of events) {
      hear();
      switch (event.kind) {
        case 'changed':
          sink.put(event.object);
          advance(event.object.metadata.resourceVersion);
          break;
        case 'deleted':
          sink.remove(event.object);
          advance(event.object.metadata.resourceVersion);
          break;
        case 'bookmark':
          advance(event.resourceVersion);
          break;
      }
    }
  };

  /** It was heard, and says that there is no such kind: nothing of it can be there. */
  const unserved = (): Step => {
    hear();
    sink.retain(new Set(), scope.namespace);
    synced.resolve();
    onIncident({ kind: 'unserved' });
    return { kind: 'short', cursor: null, atLeastMs: timing.unservedMs };
  };

  const step = async (from: Cursor): Promise<Step> => {
    const startedMs = clock.now();
    const lived = () => clock.now() - startedMs;
    let cursor = from;
    try {
      if (from === null) return { kind: 'listed', cursor: await list() };
      await watch(from, (resourceVersion) => {
        cursor = resourceVersion;
      });
      onIncident({ kind: 'ended', livedMs: lived() });
      return lived() >= timing.healthyMs ? { kind: 'lived', cursor } : { kind: 'short', cursor, atLeastMs: 0 };
    } catch (thrown) {
      if (signal.aborted) return { kind: 'lived', cursor };
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const failure = error instanceof KubeError ? error.kind : 'sink';
      // Of a watch that says so the list is asked once more, at once.
      if (isOptional && failure === 'not-found')
        return from === null ? unserved() : { kind: 'short', cursor: null, atLeastMs: 0 };
      onIncident({ kind: 'failed', during: from === null ? 'list' : 'watch', failure, error });
      const asked = error instanceof KubeError ? Math.min(error.retryAfterMs ?? 0, MAX_ASKED_MS) : 0;
      const isLost = failure === 'gone' || failure === 'sink';
      return {
        kind: lived() >= timing.healthyMs ? 'broke' : 'short',
        cursor: isLost ? null : cursor,
        atLeastMs: asked,
      };
    }
  };

  const run = async (): Promise<void> => {
    let cursor: Cursor = null;
    let failures = 0;
    while (!signal.aborted) {
      const next = await step(cursor);
      ({ cursor } = next);
      switch (next.kind) {
        case 'listed':
          continue;
        case 'lived':
          failures = 0;
          continue;
        case 'broke':
          failures = 1;
          break;
        case 'short':
          failures += 1;
          break;
      }
      const pauseMs = Math.max(next.atLeastMs, backoffMs(timing.backoff, failures, random()));
      await sleep(clock, pauseMs, signal).catch(() => {});
    }
    synced.reject(signal.reason);
  };
  const running = run();

  return {
    resource,
    whenSynced: () => synced.promise,
    silentMs: () => clock.now() - heardAtMs,
    isDeaf: () => clock.now() - heardAtMs > longestWatchMs + timing.backoff.maxMs,
    stop: async () => {
      stopping.abort(new Error('the reflector was stopped'));
      await running;
    },
  };
}
