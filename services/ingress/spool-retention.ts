import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '#shared/logger.ts';
import type { Spool } from './spool/spool.ts';

export interface SpoolRetentionDeps {
  readonly spool: Pick<Spool, 'expire' | 'wipe'>;
  /** `retention.events`: what waits for longer is given up. */
  readonly retentionMs: number;
  readonly nowMs: () => number;
  /** Told how many were lost so. */
  readonly onExpired: (records: number) => void;
  readonly logger: Logger;
}

const EVERY_MS = 60_000;

/** Sees to it that nothing stays on the pod's disk for longer than was declared. */
export class SpoolRetention {
  readonly #deps: SpoolRetentionDeps;
  readonly #ending = new AbortController();

  /** Begins at once. */
  constructor(deps: SpoolRetentionDeps) {
    this.#deps = deps;
    void this.#run();
  }

  /** Gives up what has waited for too long. To be called before anything is published: it must not come back then. */
  expire(): void {
    const { spool, retentionMs, nowMs, onExpired, logger } = this.#deps;
    const records = spool.expire(nowMs() - retentionMs);
    if (records === 0) return;
    onExpired(records);
    logger.error(
      { records, retentionMs },
      'notifications waited in the spool for longer than retention.events: they are lost',
    );
  }

  /** What is under way ends with the spool. */
  end(): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { spool, retentionMs, nowMs } = this.#deps;
    while (!this.#ending.signal.aborted) {
      this.expire();
      await spool.wipe(nowMs() - retentionMs);
      await delay(Math.min(EVERY_MS, retentionMs), undefined, { signal: this.#ending.signal }).catch(() => null);
    }
  }
}
