import { parseEntry } from '#cli/local/log-line.ts';
import type { Call } from './judge.ts';

/** Collects calls from the lines that the echo handler logs when one begins and when it ends. */
export class CallLog {
  readonly #calls = new Map<string, { pod: string; idempotencyKey: string; beginMs: number; endMs: number | null }>();

  /** A line of the log of one handler process; others than the echo handler's are passed over. */
  add(pod: string, line: string): void {
    const entry = parseEntry(line);
    const idempotencyKey = entry?.['idempotencyKey'];
    if (entry === null || typeof idempotencyKey !== 'string') return;
    const call = `${pod} ${idempotencyKey} ${String(entry['attempt'])}`;
    const atMs = Date.parse(String(entry['time']));
    if (entry['msg'] === 'call begins')
      this.#calls.set(this.#fresh(call), { pod, idempotencyKey, beginMs: atMs, endMs: null });
    const begun = this.#calls.get(call);
    if (entry['msg'] === 'call ends' && begun !== undefined) begun.endMs = atMs;
  }

  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Calls under way in a pod. */
  underWay(pod: string): number {
    return [...this.#calls.values()].filter((call) => call.pod === pod && call.endMs === null).length;
  }

  /** Keys whose call has ended. */
  get ended(): ReadonlySet<string> {
    return new Set(this.calls.filter((call) => call.endMs !== null).map((call) => call.idempotencyKey));
  }

  /** The same call twice in one process would be two entries, not one that hides the other. */
  #fresh(call: string): string {
    const old = this.#calls.get(call);
    if (old !== undefined) this.#calls.set(`${call} ${this.#calls.size}`, old);
    return call;
  }
}
