/** A notification as Intercom sent it, from the simulator's account. */
export interface Sent {
  /** `<app_id>:<id>` */
  readonly key: string;
  readonly kind: 'good' | 'duplicate' | 'replay' | 'forged' | 'unknown';
  readonly sentAtMs: number;
  /** `status` where there was an answer; none within Intercom's patience, or no connection, otherwise. */
  readonly attempts: readonly Attempt[];
}

export interface Attempt {
  /** When it left, in ms since 1970. */
  readonly atMs: number;
  readonly latencyMs: number;
  readonly status?: number | undefined;
  /** Why there was no answer. */
  readonly error?: string | undefined;
}

/** A call as the handler saw it. `endMs` is null where the handler did not live to answer. */
export interface Call {
  readonly pod: string;
  /** `<app_id>:<id>:<handler>` */
  readonly idempotencyKey: string;
  readonly beginMs: number;
  readonly endMs: number | null;
  /** It ended, and not by a 2xx that was sent as a whole: the worker has to call again. */
  readonly failed?: true;
}

/** Whether the handler has said that it is done. */
export const isDone = (call: Call): call is Call & { readonly endMs: number } =>
  call.endMs !== null && call.failed !== true;

/** SIGKILL to the worker of a pod, or to its handler. */
export interface Kill {
  readonly pod: string;
  /** In ms since 1970. */
  readonly atMs: number;
}

export interface Evidence {
  readonly handler: string;
  readonly sent: readonly Sent[];
  readonly calls: readonly Call[];
  readonly kills: readonly Kill[];
  /** Keys of dead letters; none where nothing is said. */
  readonly givenUp?: Iterable<string>;
}

export interface Verdict {
  /** Notifications with a good signature and a declared topic that were answered 200. */
  readonly acknowledged: number;
  /** Of these, the handler has said that they are done. */
  readonly handled: number;
  /** Of these, neither handled nor a dead letter. */
  readonly lost: readonly string[];
  /** Further calls for a notification that the handler had not taken. */
  readonly retries: number;
  /** Calls for a notification that a killed worker had in its hands: allowed, with the same idempotency key. */
  readonly repeatedCalls: number;
  /** Calls for a notification that was done: never allowed. */
  readonly handledTwice: readonly string[];
  /** Calls for something Intercom did not get a 200 for, or that is not declared. */
  readonly uninvited: readonly string[];
  /** From Intercom's first attempt to the handler's first call, sorted. */
  readonly latenciesMs: readonly number[];
}

/**
 * A worker that is killed between the handler's answer and writing it down must call again: so much time may lie between
 * the two.
 */
const RECORD_SLACK_MS = 250;
/** What the worker has sent before it died is in the handler's socket: the handler sees the call begin a moment later. */
const ON_ITS_WAY_MS = 50;

/** Compares what was acknowledged with what was handled, by id and count. Pure. */
export function judge({ handler, sent, calls, kills, givenUp = [] }: Evidence): Verdict {
  const expected = new Map<string, number>();
  const allowed = new Set<string>();
  for (const { key, kind, sentAtMs, attempts } of sent) {
    if (kind === 'forged' || kind === 'unknown') continue;
    allowed.add(`${key}:${handler}`);
    const isAcknowledged = attempts.some(({ status }) => status === 200);
    if (isAcknowledged)
      expected.set(`${key}:${handler}`, Math.min(sentAtMs, expected.get(`${key}:${handler}`) ?? sentAtMs));
  }
  const byKey = Map.groupBy(calls, (call) => call.idempotencyKey);
  const verdict = { repeatedCalls: 0, retries: 0, handledTwice: [] as string[], latenciesMs: [] as number[] };
  for (const [key, ofKey] of byKey) {
    const ordered = ofKey.toSorted((a, b) => a.beginMs - b.beginMs);
    let wasDone = false;
    for (const [index, call] of ordered.entries()) {
      const before = ordered[index - 1];
      if (before !== undefined && kills.some((kill) => excuses(kill, before, call))) {
        verdict.repeatedCalls += 1;
        // What the dead could not write down does not count: whatever follows belongs to this call.
        wasDone = false;
      } else if (before?.failed === true && !wasDone) verdict.retries += 1;
      else if (before !== undefined) verdict.handledTwice.push(key);
      wasDone ||= isDone(call);
    }
    const sentAtMs = expected.get(key);
    const first = ordered[0];
    if (sentAtMs !== undefined && first !== undefined) verdict.latenciesMs.push(first.beginMs - sentAtMs);
  }
  const unhandled = [...expected.keys()].filter((key) => byKey.get(key)?.some(isDone) !== true);
  const letters = new Set(Array.from(givenUp, (key) => `${key}:${handler}`));
  const lost = unhandled.filter((key) => !letters.has(key));
  return {
    ...verdict,
    acknowledged: expected.size,
    handled: expected.size - unhandled.length,
    lost,
    // Stored without an answer: the ingress died in between. That is a call too many only where nobody had sent it.
    uninvited: [...byKey.keys()].filter((key) => !allowed.has(key)),
    latenciesMs: verdict.latenciesMs.toSorted((a, b) => a - b),
  };
}

/** The worker that made the first call died while it ran, or before it could write down that it was done. */
const excuses = ({ pod, atMs }: Kill, first: Call, again: Call): boolean =>
  first.pod === pod &&
  first.beginMs <= atMs + ON_ITS_WAY_MS &&
  again.beginMs > atMs &&
  (first.endMs === null || first.endMs >= atMs - RECORD_SLACK_MS);

/** The value below which the share `q` of a sorted list lies; 0 for an empty one. */
export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
