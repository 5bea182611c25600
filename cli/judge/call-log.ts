import { parseEntry } from '#cli/local/log-line.ts';
import { type Call, isDone } from './judge.ts';

type Entry = { -readonly [Field in keyof Call]: Call[Field] };

/** Collects calls from the lines that the echo handler, and that of the drills, log when one begins and when it ends. */
export class CallLog {
  readonly #calls = new Map<string, Entry>();
  /** Those under way, so that asking again and again does not mean to look at all that ever were. */
  readonly #open = new Set<Entry>();
  readonly #subjects = new Map<string, string>();

  /** A line of the log of one handler process; others than those are passed over. */
  add(pod: string, line: string): void {
    const entry = parseEntry(line);
    const idempotencyKey = entry?.['idempotencyKey'];
    if (entry === null || typeof idempotencyKey !== 'string') return;
    const call = `${pod} ${idempotencyKey} ${String(entry['attempt'])}`;
    const atMs = Date.parse(String(entry['time']));
    if (entry['msg'] === 'call begins') {
      this.#subjects.set(idempotencyKey, String(entry['subject']));
      const begun = { pod, idempotencyKey, beginMs: atMs, endMs: null };
      this.#calls.set(this.#fresh(call), begun);
      this.#open.add(begun);
    }
    const begun = this.#calls.get(call);
    if (entry['msg'] !== 'call ends' || begun === undefined) return;
    begun.endMs = atMs;
    this.#open.delete(begun);
    if (hasFailed(entry['status'])) begun.failed = true;
  }

  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Calls under way in a pod. */
  underWay(pod: string): number {
    return [...this.#open].filter((call) => call.pod === pod).length;
  }

  /** The handler process of a pod is no more, and with it the calls that it had under way: they never end. */
  died(pod: string): void {
    for (const call of this.#open) if (call.pod === pod) this.#open.delete(call);
  }

  isUnderWay(pod: string, idempotencyKey: string): boolean {
    return [...this.#open].some((call) => call.pod === pod && call.idempotencyKey === idempotencyKey);
  }

  /** What a notification that was called is about, such as `conversation/123`. */
  subjectOf(idempotencyKey: string): string | null {
    return this.#subjects.get(idempotencyKey) ?? null;
  }

  /** Keys whose call has ended. */
  get ended(): ReadonlySet<string> {
    return new Set(this.calls.filter(isDone).map((call) => call.idempotencyKey));
  }

  /** The same call twice in one process would be two entries, not one that hides the other. */
  #fresh(call: string): string {
    const old = this.#calls.get(call);
    if (old !== undefined) this.#calls.set(`${call} ${this.#calls.size}`, old);
    return call;
  }
}

/** The echo handler says no status: it takes everything. */
const hasFailed = (status: unknown): boolean =>
  status === null || (typeof status === 'number' && (status < 200 || status > 299));
