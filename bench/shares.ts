import { parseEntry } from '#cli/local/log-line.ts';
import { pauses } from '#cli/local/pauses.ts';
import { PARTITIONS } from '#shared/contract.ts';

/** Which shares of the keys each worker of an ordered handler has, as they say in their logs. */
export class Shares {
  readonly #byPod = new Map<string, readonly number[]>();

  /** To be told every line of every pod. */
  hear(pod: string, line: string): void {
    const entry = parseEntry(line);
    if (entry?.['msg'] === 'shares of the keys') this.#byPod.set(pod, entry['shares'] as readonly number[]);
  }

  /** It goes: what it said is true no more. */
  forget(pod: string): void {
    this.#byPod.delete(pod);
  }

  of(pod: string): readonly number[] {
    return this.#byPod.get(pod) ?? [];
  }

  /** Resolves when these have all shares between them, and none more than one more than another. */
  async untilSpread(pods: readonly string[], signal: AbortSignal): Promise<void> {
    for await (const _ of pauses(50, signal)) {
      const shares = pods.map((pod) => this.of(pod));
      const least = Math.floor(PARTITIONS / pods.length);
      const isSpread = shares.every(({ length }) => length === least || length === least + 1);
      if (isSpread && new Set(shares.flat()).size === PARTITIONS) return;
    }
  }
}
