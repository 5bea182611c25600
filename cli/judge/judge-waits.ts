import { type Call, quantile } from './judge.ts';
import { keyOf, type StoredNotification } from './judge-stream.ts';

/** The end of a worker's process, as it was made to happen. */
export interface WorkerEnd {
  readonly pod: string;
  readonly by: 'SIGKILL' | 'SIGTERM';
  /** In ms since 1970. */
  readonly atMs: number;
}

export interface WaitEvidence {
  readonly handler: string;
  readonly stored: readonly StoredNotification[];
  readonly calls: readonly Call[];
  /** Subjects that the faults were about. */
  readonly about: ReadonlySet<string>;
  /** When the first fault began, in ms since 1970. */
  readonly fromMs: number;
  readonly workerEnds: readonly WorkerEnd[];
}

export interface WaitVerdict {
  /** 99 % of what was stored during or after the faults was called within this time, of subjects they were not about. */
  readonly waitP99Ms: number;
  /**
   * The longest that a conversation waited for its next call after its worker had got SIGKILL, or SIGTERM: from then or,
   * where it came later, from when that notification was stored. Null where no worker ended so.
   */
  readonly takeoverMs: Readonly<Record<WorkerEnd['by'], number | null>>;
}

/** How long notifications waited for their first call, and conversations for another worker. Pure. */
export function judgeWaits({ handler, stored, calls, about, fromMs, workerEnds }: WaitEvidence): WaitVerdict {
  const places = new Map(stored.map((one) => [one.key, one]));
  const firstCallMs = new Map<string, number>();
  const bySubject = new Map<
    string,
    { readonly pod: string; readonly beginMs: number; readonly storedAtMs: number }[]
  >();
  for (const call of calls) {
    const key = keyOf(call, handler);
    firstCallMs.set(key, Math.min(call.beginMs, firstCallMs.get(key) ?? Infinity));
    const place = places.get(key);
    if (place === undefined) continue;
    const ofSubject = bySubject.get(place.subject) ?? [];
    if (ofSubject.length === 0) bySubject.set(place.subject, ofSubject);
    ofSubject.push({ pod: call.pod, beginMs: call.beginMs, storedAtMs: place.storedAtMs });
  }
  for (const ofSubject of bySubject.values()) ofSubject.sort((a, b) => a.beginMs - b.beginMs);
  const takeover = (by: WorkerEnd['by']): number | null => {
    const ends = workerEnds.filter((end) => end.by === by);
    if (ends.length === 0) return null;
    let longestMs = 0;
    for (const { pod, atMs } of ends) {
      for (const ofSubject of bySubject.values()) {
        const before = ofSubject.findLast(({ beginMs }) => beginMs <= atMs);
        const next = ofSubject.find(({ beginMs }) => beginMs > atMs);
        if (before?.pod !== pod || next === undefined) continue;
        // Where another worker ended meanwhile, the wait for that one has taken its place.
        const sinceMs = workerEnds.reduce((ms, end) => (end.atMs < next.beginMs ? Math.max(ms, end.atMs) : ms), atMs);
        longestMs = Math.max(longestMs, next.beginMs - Math.max(sinceMs, next.storedAtMs));
      }
    }
    return longestMs;
  };
  const waits = stored
    .filter(({ subject, storedAtMs }) => storedAtMs >= fromMs && !about.has(subject))
    .flatMap(({ key, storedAtMs }) => {
      const beginMs = firstCallMs.get(key);
      return beginMs === undefined ? [] : [Math.max(0, beginMs - storedAtMs)];
    });
  return {
    waitP99Ms: quantile(
      waits.toSorted((a, b) => a - b),
      0.99,
    ),
    takeoverMs: { SIGKILL: takeover('SIGKILL'), SIGTERM: takeover('SIGTERM') },
  };
}
