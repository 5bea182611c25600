import type { Envelope } from '#shared/envelope.ts';
import { DURABLE, type PutResult } from './publish-alone.ts';
import type { Publishable } from './publish-group.ts';
import type { AppendResult, RefusalReason } from './spool/refusal.ts';
import type { Spool } from './spool/spool.ts';

export interface RefugeDeps {
  readonly spool: Spool;
  /** Called when something is there to be published, and when the broker is worth a try. */
  readonly onKept: () => void;
  readonly onRefused: (reason: RefusalReason) => void;
}

/** Where messages are durable while the broker is not to be had: the spool, in the order in which they came. */
export class Refuge {
  readonly #deps: RefugeDeps;
  #isBrokerAway = false;

  constructor(deps: RefugeDeps) {
    this.#deps = deps;
  }

  /** What must not be published now: the broker is away, or an earlier one of its key waits here. */
  takes({ key }: Envelope): boolean {
    return this.#isBrokerAway || this.#deps.spool.holds(key);
  }

  /** A group was not confirmed: nothing is tried but by the drain, until that gets through. */
  brokerIsAway(): void {
    this.#isBrokerAway = true;
  }

  brokerIsBack(): void {
    this.#isBrokerAway = false;
  }

  /** Calls back once. Never throws. */
  keep({ envelope: { stream, subject, key, headers }, body }: Publishable, done: (result: PutResult) => void): void {
    const pairs = [...headers].map(([name, values]) => [name, values[0] ?? ''] as const);
    this.#deps.spool.append({ stream, subject, key, headers: pairs, body }, (result) => {
      done(this.#read(result));
      this.#deps.onKept();
    });
  }

  #read(result: AppendResult): PutResult {
    if (result.kind === 'durable') return DURABLE;
    this.#deps.onRefused(result.reason);
    return { kind: 'unavailable', error: result.error };
  }
}
