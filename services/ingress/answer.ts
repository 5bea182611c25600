import type { Outcome } from './receive.ts';

export interface Answer {
  /** Never 3xx, 410 (Intercom unsubscribes) or 429 (it delays, then drops). */
  readonly status: 200 | 401 | 413 | 503;
  /** The label under which it is counted. */
  readonly label: string;
  readonly close: boolean;
  readonly retryAfterSeconds: number | null;
}

/** The answer table, in one place. */
export function answer(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case 'stored':
      return ok(outcome.declared ? 'stored' : 'stored_undeclared');
    case 'other-workspace':
      return ok('other_workspace');
    case 'ping':
      return ok(outcome.secretIndex === null ? 'ping_unsigned' : 'ping');
    case 'unreadable':
      return ok('unreadable');
    case 'refused':
      return { status: 401, label: `signature_${outcome.reason}`, close: false, retryAfterSeconds: null };
    case 'too-large':
      return { status: 413, label: 'too_large', close: true, retryAfterSeconds: null };
    case 'unavailable':
      // The rest of a body that is not read any more would be in the way of the next request.
      return { status: 503, label: 'unavailable', close: outcome.reason === 'receiving', retryAfterSeconds: 60 };
  }
}

const ok = (label: string): Answer => ({ status: 200, label, close: false, retryAfterSeconds: null });
