import type { KeyObject } from 'node:crypto';
import { createBacklog } from './backlog.ts';
import type { Departure, Manner } from './disturbances.ts';
import { attemptLine, type Ledger, type NotificationLine } from './ledger.ts';
import { identify, type RunFacts, renderNotification } from './notification.ts';
import type { SendEvent } from './penalties/counts.ts';
import { fateOf, type Outcome } from './penalties/outcome.ts';
import type { DropReason, HoldReason } from './penalties/ruling.ts';
import type { Planned } from './plan.ts';
import type { Poster } from './post.ts';
import { forge, sign } from './signature.ts';
import type { Standing } from './standing.ts';

export interface AttemptsOptions {
  readonly run: string;
  readonly url: string;
  readonly secret: KeyObject;
  readonly facts: RunFacts;
  readonly standing: Pick<Standing, 'ruleOn' | 'attemptEnded' | 'retryAfterMs'>;
  readonly poster: Pick<Poster, 'post'>;
  readonly ledger: Pick<Ledger, 'open'>;
  readonly record: (event: SendEvent) => void;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** The attempts of one run: those under way, and the notifications that wait. Times are milliseconds since 1970. */
export interface Attempts {
  /** A new one has come due. */
  readonly begin: (departure: Departure, dueMs: number) => void;
  /** Takes up again what is due first of all that waits. */
  readonly resume: () => void;
  /** When that is; `null` when nothing waits. */
  readonly waitingDueMs: () => number | null;
  /** The subscription was revived: what waits because of the endpoint's answers is due now, but for retries. */
  readonly revived: () => void;
  readonly counts: () => AttemptCounts;
  /** Awaits the answers under way, as long as the last one's patience, and drops what waits. */
  readonly end: (because: 'stopped' | 'disabled') => Promise<void>;
}

export interface AttemptCounts {
  /** Notifications that have left, or were dropped before they could. */
  readonly sent: number;
  readonly inFlight: number;
  /** Tried already, and to be tried again. */
  readonly awaitingRetry: number;
  /** Not tried yet: the subscription is throttled or slow, or Intercom is down. */
  readonly held: number;
}

/** A notification on its way. `line` is null until it has left for the first time. */
interface Item {
  readonly planned: Planned;
  readonly manner: Manner;
  readonly attempt: 1 | 2;
  readonly dueMs: number;
  readonly line: NotificationLine | null;
  readonly held: HoldReason | null;
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { run, url, secret, facts, standing, record, nowMs } = options;
  const backlog = createBacklog<Item>();
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let held = 0;

  /** What to do with one that is due is Intercom's to say, unless a stranger sends it. */
  function place(item: Item): void {
    if (isStrangers(item.planned)) return launch(item);
    const ruling = standing.ruleOn(item.dueMs, nowMs());
    switch (ruling.kind) {
      case 'send':
        return launch(item);
      case 'hold':
        return wait({ ...item, held: ruling.because }, ruling.because, ruling.untilMs);
      case 'drop':
        return drop(item, ruling.because);
    }
  }

  function wait(item: Item, because: 'retry' | HoldReason, untilMs: number): void {
    if (item.line === null) held += 1;
    backlog.add(because, untilMs, item);
  }

  function drop(item: Item, because: DropReason | 'stopped'): void {
    (item.line ?? openLine(item)).dropped = because;
    record({ kind: 'dropped', because });
  }

  function openLine({ planned, held, manner }: Item): NotificationLine {
    const identity = identify(planned, facts);
    const key = `${facts.appId}:${identity.id}`;
    sent += 1;
    return options.ledger.open({
      run,
      key,
      kind: planned.kind,
      ...identity,
      ...(held === null ? {} : { held }),
      ...(manner === 'whole' ? {} : { manner }),
    });
  }

  function launch(item: Item): void {
    const line = item.line ?? openLine(item);
    const attempt = tryOnce({ ...item, line }).finally(() => underWay.delete(attempt));
    underWay.add(attempt);
  }

  async function tryOnce(item: Item & { readonly line: NotificationLine }): Promise<void> {
    const { planned, manner, attempt, line } = item;
    const bytes = renderNotification(planned, facts, attempt);
    const signature = planned.kind === 'forged' ? forge(bytes, secret, planned.manner) : sign(bytes, secret);
    const atMs = nowMs();
    const outcome = await options.poster.post(url, { bytes, signature, manner });
    line.attempts.push(attemptLine(atMs, outcome));
    if (planned.kind === 'forged') return record({ kind: 'forgery', outcome });
    if (planned.kind === 'replay') return record({ kind: 'replay', outcome });
    record({ kind: 'attempt', attempt, outcome });
    standing.attemptEnded(outcome, nowMs());
    settle(item, outcome);
  }

  function settle(item: Item, outcome: Outcome): void {
    const retryMs = nowMs() + standing.retryAfterMs();
    switch (fateOf(item.attempt, outcome)) {
      case 'delivered':
      case 'lost':
        return;
      case 'disabled':
        return drop(item, 'disabled');
      case 'put-off':
        return place(item);
      case 'again':
        return wait({ ...item, manner: 'whole', dueMs: retryMs }, 'retry', retryMs);
      case 'retry':
        return wait({ ...item, manner: 'whole', dueMs: retryMs, attempt: 2 }, 'retry', retryMs);
    }
  }

  function take(): Item | undefined {
    const item = backlog.take();
    if (item?.line === null) held -= 1;
    return item;
  }

  return {
    begin: ({ planned, manner }, dueMs) => place({ planned, manner, attempt: 1, dueMs, line: null, held: null }),
    resume() {
      const item = take();
      if (item !== undefined) place(item);
    },
    revived: () => backlog.release(nowMs()),
    waitingDueMs: backlog.dueMs,
    counts: () => ({ sent, inFlight: underWay.size, awaitingRetry: backlog.size() - held, held }),
    async end(because) {
      await Promise.all(underWay);
      for (let item = take(); item !== undefined; item = take()) drop(item, because);
    },
  };
}

/** Not of Intercom's making: whatever the subscription has come to, it leaves when it is due, once. */
const isStrangers = ({ kind }: Planned): boolean => kind === 'forged' || kind === 'replay';
