import type { Clock } from '../clock.ts';
import type { Kube } from '../kube/kube.ts';
import type { KubeObject } from '../kube/resource.ts';
import { EVENTS, eventObject, type Happening, type Reporter, regarded, type Series, seriesKey } from './event.ts';

export interface RecorderOptions {
  readonly kube: Pick<Kube, 'apply'>;
  readonly reporter: Reporter;
  readonly clock: Clock;
  /** Of the calendar. */
  readonly date: () => Date;
  /** Nothing is written after it fired; what waits is lost. */
  readonly signal: AbortSignal;
  readonly onResult?: (result: EventResult) => void;
}

export type EventResult =
  | { readonly kind: 'written' }
  /** Its object had too many in this minute, or everybody together. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Tells people what happens to objects, where `kubectl describe` and `kubectl events` show it. */
export interface EventRecorder {
  /** Returns at once and never throws: what cannot be told is counted. */
  record(regarding: KubeObject, happening: Happening): void;
}

/** What is not seen again for so long and then comes is another series. */
const SERIES_ENDS_AFTER_MS = 360_000;
/** Repeats are counted, and told this often. */
const REPEAT_EVERY_MS = 60_000;
const PER_OBJECT_AND_MINUTE = 10;
const MINUTE_MS = 60_000;
/** Of some 2 kB each. Beyond it the one not seen for longest is forgotten. */
const MAX_SERIES = 500;
const CALL_TIMEOUT_MS = 5_000;

interface Known extends Series {
  lastMs: number;
  /** When it was last due to be written; null before the first time. */
  toldMs: number | null;
  cancel: (() => void) | null;
}

/** Folds what repeats into one Event with a count, and writes one after the other. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  const { kube, reporter, clock, date, signal, onResult = () => {} } = options;
  /** Those not seen for longest first. */
  const known = new Map<string, Known>();
  const budgets = new Map<string, { sinceMs: number; used: number }>();
  const due = new Set<Known>();
  let isWriting = false;

  const forget = (key: string, series: Known) => {
    series.cancel?.();
    known.delete(key);
    if (due.delete(series)) onResult({ kind: 'dropped' });
  };

  const hasRoom = ({ metadata: { uid } }: Series['regarding']): boolean => {
    const nowMs = clock.now();
    let budget = budgets.get(uid);
    if (budget === undefined || nowMs - budget.sinceMs >= MINUTE_MS) {
      budget = { sinceMs: nowMs, used: 0 };
      budgets.delete(uid);
      budgets.set(uid, budget);
      if (budgets.size > MAX_SERIES) dropFirst(budgets);
    }
    budget.used += 1;
    return budget.used <= PER_OBJECT_AND_MINUTE;
  };

  const tell = (key: string, series: Known) => {
    series.cancel = null;
    if (hasRoom(series.regarding)) {
      series.toldMs = clock.now();
      due.add(series);
      void write();
    } else if (series.toldMs === null) {
      known.delete(key);
      onResult({ kind: 'dropped' });
    } else {
      series.cancel = clock.after(MINUTE_MS, () => tell(key, series));
    }
  };

  const write = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    for (const series of due) {
      due.delete(series);
      if (signal.aborted) break;
      try {
        await kube.apply(EVENTS, eventObject(series, reporter), { signal, timeoutMs: CALL_TIMEOUT_MS, force: true });
        onResult({ kind: 'written' });
      } catch (error) {
        if (!signal.aborted) onResult({ kind: 'failed', error });
      }
    }
    isWriting = false;
  };

  const onAbort = () => {
    for (const { cancel } of known.values()) cancel?.();
    known.clear();
    due.clear();
  };
  signal.addEventListener('abort', onAbort, { once: true });

  return {
    record: (regarding, happening) => {
      if (signal.aborted) return;
      const key = seriesKey(regarding, happening);
      const before = known.get(key);
      const nowMs = clock.now();
      if (before !== undefined && nowMs - before.lastMs <= SERIES_ENDS_AFTER_MS) {
        before.count += 1;
        before.lastAt = date();
        before.lastMs = nowMs;
        known.delete(key);
        known.set(key, before);
        const toldMs = before.toldMs ?? nowMs;
        before.cancel ??= clock.after(toldMs + REPEAT_EVERY_MS - nowMs, () => tell(key, before));
        return;
      }
      if (before !== undefined) forget(key, before);
      const at = date();
      const series: Known = {
        regarding: regarded(regarding),
        happening,
        firstAt: at,
        count: 1,
        lastAt: at,
        lastMs: nowMs,
        toldMs: null,
        cancel: null,
      };
      known.set(key, series);
      const [first] = known;
      if (known.size > MAX_SERIES && first !== undefined) forget(...first);
      tell(key, series);
    },
  };
}

function dropFirst<Key>(map: Map<Key, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
