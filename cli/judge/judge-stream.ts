import type { Call, Sent } from './judge.ts';

/** A notification as the events stream holds it. */
export interface StoredNotification {
  /** `<app_id>:<id>` */
  readonly key: string;
  /** Whose it is, as `conversation/123`: what is kept in order. */
  readonly subject: string;
  /** Its place in the stream. */
  readonly seq: number;
}

export interface StreamEvidence {
  readonly handler: string;
  readonly sent: readonly Sent[];
  /** All that the stream holds at the end; nothing may have expired or been purged. */
  readonly stored: readonly StoredNotification[];
  readonly calls: readonly Call[];
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
}

/** Compares what the stream holds with what was answered and with what was handled. Pure. */
export function judgeStream({ handler, sent, stored, calls }: StreamEvidence): StreamVerdict {
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
  for (const { idempotencyKey, beginMs, endMs } of calls) {
    const key = idempotencyKey.slice(0, -`:${handler}`.length);
    const before = called.get(key) ?? NEVER;
    const doneMs = Math.min(before.doneMs, endMs ?? Infinity);
    called.set(key, { firstMs: Math.min(before.firstMs, beginMs), doneMs });
  }
  return {
    notStored: unique(answered.map(({ key }) => key).filter((key) => !places.has(key))),
    storedTwice: unique(storedTwice),
    storedUninvited: [...places.keys()].filter((key) => !invitedKeys.has(key)),
    handledNotStored: [...called.keys()].filter((key) => !places.has(key)),
    reordered: [...Map.groupBy(places.values(), ({ subject }) => subject).values()].flatMap((chain) =>
      overtakers(chain, called),
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

const unique = (keys: readonly string[]): string[] => [...new Set(keys)];
