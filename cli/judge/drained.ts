import type { Backlog } from '#cli/local/backlog.ts';
import { pauses } from '#cli/local/pauses.ts';
import type { Intercom } from './intercom.ts';

export interface DrainOptions {
  readonly intercom: Intercom;
  readonly backlog: Backlog;
  /** How many notifications are to be sent in all. */
  readonly total: number;
  readonly timeoutMs: number;
  /** Told every two seconds how far it is. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

const ASK_EVERY_MS = 200;
const SHOW_EVERY_MS = 2_000;

/** Waits until all is sent and nothing is under way any more. @returns false when that took too long */
export async function untilDrained(options: DrainOptions): Promise<boolean> {
  const { intercom, backlog, total, timeoutMs, onProgress, signal } = options;
  const deadlineMs = performance.now() + timeoutMs;
  let shownMs = performance.now();
  for await (const _ of pauses(ASK_EVERY_MS, signal)) {
    const { sent, inFlight, awaitingRetry } = await intercom.report();
    const waiting = await backlog.count();
    if (sent >= total && inFlight === 0 && awaitingRetry === 0 && waiting === 0) return true;
    if (performance.now() > deadlineMs) return false;
    if (performance.now() - shownMs < SHOW_EVERY_MS) continue;
    onProgress(`sent ${sent} of ${total}, ${waiting} with the workers`);
    shownMs = performance.now();
  }
  return false;
}
