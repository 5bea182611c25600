import { type Call, isDone, type Sent } from './judge.ts';

/** A notification as the events stream holds it. */
export interface StoredNotification {
  /** `<app_id>:<id>` */
  readonly key: string;
  /** Whose it is, as `conversation/123`: what is kept in order. */
  readonly subject: string;
  /** Its place in the stream. */
  readonly seq: number;
  /** When it was stored, in ms since 1970. */
  readonly storedAtMs: number;
}

export interface StreamEvidence {
  readonly handler: string;
  readonly sent: readonly Sent[];
  /** All that the stream holds at the end; nothing may have expired or been purged. */
  readonly stored: readonly StoredNotification[];
  readonly calls: readonly Call[];
  /** Dead letters by their keys, and when they became it, in ms since 1970: then they hold up nobody. None where nothing is said. */
  readonly givenUpMs?: ReadonlyMap<string, number>;
}

export interface StreamVerdict {
  /** Answered 200 with a good signature, and not in the stream. */
  readonly notStored: readonly string[];
  /** More than once in the stream. */
  readonly storedTwice: readonly string[];
  /** In the stream, and Intercom never sent it. */
  readonly storedUninvited: readonly string[];
  /** Called for what is not in the stream. */
  readonly handledNotStored: readonly string[];
  /** Called before an earlier one of the same subject, by the order of the stream, had been done. */
  readonly reordered: readonly string[];
  /** Called while another call for the same subject was under way, once for each such call. */
  readonly overlapping: readonly string[];
}

/** Compares what the stream holds with what was answered and with what was handled. Pure. */
export function judgeStream({ handler, sent, stored, calls, givenUpMs = new Map() }: StreamEvidence): StreamVerdict {
  const invited = sent.filter(({ kind }) => kind !== 'forged');
  const invitedKeys = new Set(invited.map(({ key }) => key));
  const answered = invited.filter(({ attempts }) => attempts.some(({ status }) => status === 200));
  const places = new Map<string, StoredNotification>();
  const storedTwice: string[] = [];
  for (const one of stored.toSorted((a, b) => a.seq - b.seq)) {
    if (places.has(one.key)) storedTwice.push(one.key);
    else places.set(one.key, one);
  }
  const called = new Map<string, Called>();
  for (const call of calls) {
    const { beginMs } = call;
    const key = keyOf(call, handler);
    const before = called.get(key) ?? NEVER;
    const doneMs = Math.min(before.doneMs, isDone(call) ? call.endMs : Infinity);
    called.set(key, { firstMs: Math.min(before.firstMs, beginMs), doneMs });
  }
  for (const [key, atMs] of givenUpMs) {
    const before = called.get(key);
    if (before !== undefined) called.set(key, { ...before, doneMs: Math.min(before.doneMs, atMs) });
  }
  return {
    notStored: unique(answered.map(({ key }) => key).filter((key) => !places.has(key))),
    storedTwice: unique(storedTwice),
    storedUninvited: [...places.keys()].filter((key) => !invitedKeys.has(key)),
    handledNotStored: [...called.keys()].filter((key) => !places.has(key)),
    reordered: [...Map.groupBy(places.values(), ({ subject }) => subject).values()].flatMap((chain) =>
      overtakers(chain, called),
    ),
    overlapping: overlaps(
      calls.map((call) => ({ ...call, key: keyOf(call, handler) })),
      places,
    ),
  };
}

interface Called {
  readonly firstMs: number;
  /** The end of the first call that was answered; Infinity where none was. */
  readonly doneMs: number;
}

const NEVER: Called = { firstMs: Infinity, doneMs: Infinity };

/** Those of one subject, in the order of the stream, whose first call began before all earlier ones were done. */
function overtakers(chain: readonly StoredNotification[], called: ReadonlyMap<string, Called>): string[] {
  let doneMs = -Infinity;
  const found: string[] = [];
  for (const { key } of chain) {
    const times = called.get(key);
    // No handler declares it: it holds nobody back.
    if (times === undefined) continue;
    if (times.firstMs < doneMs) found.push(key);
    doneMs = Math.max(doneMs, times.doneMs);
  }
  return found;
}

/** A call that never ended has ended with its process: it holds nobody up. */
function overlaps(
  calls: readonly (Call & { readonly key: string })[],
  places: ReadonlyMap<string, StoredNotification>,
): string[] {
  const bySubject = Map.groupBy(calls, ({ key }) => places.get(key)?.subject);
  bySubject.delete(undefined);
  return [...bySubject.values()].flatMap((ofSubject) => {
    let busyUntilMs = -Infinity;
    const found: string[] = [];
    for (const { key, beginMs, endMs } of ofSubject.toSorted((a, b) => a.beginMs - b.beginMs)) {
      if (beginMs < busyUntilMs) found.push(key);
      busyUntilMs = Math.max(busyUntilMs, endMs ?? -Infinity);
    }
    return found;
  });
}

/** The notification's own key, as {@link StoredNotification} has it. */
export const keyOf = ({ idempotencyKey }: Call, handler: string): string =>
  idempotencyKey.slice(0, -`:${handler}`.length);
const unique = (keys: readonly string[]): string[] => [...new Set(keys)];
