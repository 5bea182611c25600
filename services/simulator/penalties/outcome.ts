/** How one request ended. `latencyMs` counts from its last byte to the last byte of the answer, or to giving up. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly latencyMs: number }
  | { readonly kind: 'timed-out'; readonly latencyMs: number }
  /** `code` as Node.js or undici name it: ECONNREFUSED, ECONNRESET, UND_ERR_SOCKET … */
  | { readonly kind: 'unreachable'; readonly code: string; readonly latencyMs: number }
  /** The sender itself closed the connection in the middle of the body: nobody's answer, and not the endpoint's error. */
  | { readonly kind: 'aborted'; readonly latencyMs: number };

/** What becomes of a notification after an attempt. */
export type Fate =
  | 'delivered'
  /** Answered 429: it waits with all the others, and the attempt isn't used up. */
  | 'put-off'
  /** It never was a whole request: the same attempt again. */
  | 'again'
  | 'retry'
  | 'lost'
  | 'disabled';

const DISABLING_STATUS = 410;
export const THROTTLING_STATUS = 429;

/** An answer that took longer costs the subscription its priority. */
const SLOW_ANSWER_MS = 500;

/** The status of the answer; 0 where there was none. */
export function statusOf(outcome: Outcome): number {
  return outcome.kind === 'answered' ? outcome.status : 0;
}

/** Intercom's rule: 2xx delivers, 410 disables, 429 puts off, anything else is tried once more, and then never again. */
export function fateOf(attempt: 1 | 2, outcome: Outcome): Fate {
  if (outcome.kind === 'aborted') return 'again';
  const status = statusOf(outcome);
  if (isSuccess(status)) return 'delivered';
  if (status === DISABLING_STATUS) return 'disabled';
  if (status === THROTTLING_STATUS) return 'put-off';
  return attempt === 1 ? 'retry' : 'lost';
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether the endpoint took too long for normal priority, be it that the patience ran out. */
export function isSlow(outcome: Outcome): boolean {
  return (outcome.kind === 'answered' || outcome.kind === 'timed-out') && outcome.latencyMs > SLOW_ANSWER_MS;
}

/** The status of the answer, or why there was none, as one short string. */
export function answerOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return String(outcome.status);
    case 'timed-out':
      return 'timeout';
    case 'unreachable':
      return outcome.code;
    case 'aborted':
      return 'aborted';
  }
}
