import { type Call, isDone, type Sent } from './judge.ts';
import { keyOf, type StoredNotification } from './judge-stream.ts';

export interface BacklogEvidence {
  readonly handler: string;
  readonly sent: readonly Sent[];
  readonly stored: readonly StoredNotification[];
  readonly calls: readonly Call[];
  /** When the last fault was over, in ms since 1970. */
  readonly endMs: number;
}

export interface BacklogVerdict {
  /** From the end of the fault until the last of what had been acknowledged before was in the stream; 0 where it was. */
  readonly storedAfterMs: number;
  /** The same until the last of them was handled. */
  readonly drainMs: number;
}

/** How long a fault lasted on. What Intercom has to send again later is no backlog. Pure. */
export function judgeBacklog({ handler, sent, stored, calls, endMs }: BacklogEvidence): BacklogVerdict {
  const backlog = new Set(
    sent
      .filter(({ attempts }) => attempts.some(({ atMs, status }) => status === 200 && atMs <= endMs))
      .map(({ key }) => key),
  );
  const handledAtMs = new Map<string, number>();
  for (const call of calls) {
    const key = keyOf(call, handler);
    if (isDone(call)) handledAtMs.set(key, Math.min(call.endMs, handledAtMs.get(key) ?? Infinity));
  }
  const afterEnd = (times: Iterable<readonly [key: string, atMs: number]>) => {
    let afterMs = 0;
    for (const [key, atMs] of times) if (backlog.has(key)) afterMs = Math.max(afterMs, atMs - endMs);
    return afterMs;
  };
  return {
    storedAfterMs: afterEnd(stored.map(({ key, storedAtMs }) => [key, storedAtMs])),
    drainMs: afterEnd(handledAtMs),
  };
}
