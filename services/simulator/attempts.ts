import type { KeyObject } from 'node:crypto';
import { epochMs } from './clock.ts';
import { attemptLine, type Ledger, type NotificationLine } from './ledger.ts';
import { identify, type RunFacts, renderNotification } from './notification.ts';
import { fateOf, type SendEvent } from './penalties.ts';
import type { Planned } from './plan.ts';
import type { Poster } from './post.ts';
import { forge, sign } from './signature.ts';

export interface AttemptsOptions {
  readonly run: string;
  readonly url: string;
  readonly secret: KeyObject;
  readonly facts: RunFacts;
  readonly retryAfterMs: number;
  readonly poster: Pick<Poster, 'post'>;
  readonly ledger: Pick<Ledger, 'open'>;
  readonly record: (event: SendEvent) => void;
}

/** The attempts of one run: those under way, and those that wait for their second chance. */
export interface Attempts {
  readonly first: (planned: Planned) => void;
  /** Sends again what has waited longest. */
  readonly retryOldest: () => void;
  /** Milliseconds since the start of the run; `null` when nothing waits. */
  readonly retryDueMs: () => number | null;
  readonly inFlight: () => number;
  readonly awaitingRetry: () => number;
  /** Awaits the answers under way, as long as the last one's patience, and gives up the retries. */
  readonly end: () => Promise<void>;
}

interface Waiting {
  readonly planned: Planned;
  readonly line: NotificationLine;
  readonly dueMs: number;
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { run, url, secret, facts, record } = options;
  // every retry waits equally long, so the one that failed first is always due first
  const retries: Waiting[] = [];
  const underWay = new Set<Promise<void>>();

  function launch(planned: Planned, line: NotificationLine, deliveryAttempts: 1 | 2): void {
    const attempt = tryOnce(planned, line, deliveryAttempts).finally(() => underWay.delete(attempt));
    underWay.add(attempt);
  }

  async function tryOnce(planned: Planned, line: NotificationLine, deliveryAttempts: 1 | 2): Promise<void> {
    const bytes = renderNotification(planned, facts, deliveryAttempts);
    const isForged = planned.kind === 'forged';
    const signature = isForged ? forge(bytes, secret, planned.manner) : sign(bytes, secret);
    const atMs = epochMs();
    const outcome = await options.poster.post(url, bytes, signature);
    line.attempts.push(attemptLine(atMs, outcome));
    if (isForged) return record({ kind: 'forgery', outcome });
    record({ kind: 'attempt', attempt: deliveryAttempts, outcome });
    if (fateOf(deliveryAttempts, outcome) !== 'retry') return;
    retries.push({ planned, line, dueMs: epochMs() - facts.startedAtMs + options.retryAfterMs });
  }

  return {
    first(planned) {
      const identity = identify(planned, facts);
      const key = `${facts.appId}:${identity.id}`;
      launch(planned, options.ledger.open({ run, key, kind: planned.kind, ...identity }), 1);
    },
    retryOldest() {
      const waiting = retries.shift();
      if (waiting !== undefined) launch(waiting.planned, waiting.line, 2);
    },
    retryDueMs: () => retries[0]?.dueMs ?? null,
    inFlight: () => underWay.size,
    awaitingRetry: () => retries.length,
    async end() {
      await Promise.all(underWay);
      while (retries.pop() !== undefined) record({ kind: 'retry-dropped' });
    },
  };
}
