import { OBSERVATION_VERSION, type Observation } from '#shared/observation.ts';
import type { Outcome } from '../receive.ts';
import type { SpoolStats } from '../spool/spool.ts';
import { AnswerSeconds } from './answer-seconds.ts';
import { effectOf, effectUnread, isIntercoms } from './effect.ts';
import { TopicsSeen } from './topics-seen.ts';

export interface ObservedOptions {
  readonly namespace: string;
  readonly webhook: string;
  readonly pod: string;
  readonly nowMs: () => number;
}

/** What this process saw, for the operator to read: counted while answering, written out only when asked for. */
export class Observed {
  readonly #whose: Pick<Observation, 'namespace' | 'webhook' | 'pod'>;
  readonly #nowMs: () => number;
  readonly #startedAt: number;
  readonly #answers = new AnswerSeconds();
  readonly #topics = new TopicsSeen();
  readonly #signedAt: Observation['signedAt'] = [null, null, null];
  #lastPingAt: number | null = null;
  #lastNotificationAt: number | null = null;
  #lastRefusedAt: number | null = null;
  #spool: (() => SpoolStats) | null = null;

  constructor({ nowMs, ...whose }: ObservedOptions) {
    this.#whose = whose;
    this.#nowMs = nowMs;
    this.#startedAt = this.#second();
  }

  /** From now on its fill is told. */
  reportSpool(stats: () => SpoolStats): void {
    this.#spool = stats;
  }

  answered(outcome: Outcome, userAgent: string | undefined): void {
    const second = this.#second();
    this.#answers.count(second, effectOf(outcome, userAgent));
    switch (outcome.kind) {
      case 'stored':
        this.#lastNotificationAt = second;
        this.#signedAt[outcome.secretIndex] = second;
        this.#topics.saw(outcome.topic, outcome.declared, second);
        if (outcome.isRedelivery) this.#answers.count(second, 'redelivered');
        return;
      case 'ping':
        if (outcome.secretIndex === null) return;
        this.#lastPingAt = second;
        this.#signedAt[outcome.secretIndex] = second;
        return;
      case 'refused':
        if (isIntercoms(userAgent)) this.#lastRefusedAt = second;
        return;
      case 'other-workspace':
      case 'unreadable':
      case 'too-large':
      case 'unavailable':
    }
  }

  /** A request that was answered without its body. Its user agent is unknown where its head could not be read either. */
  answeredUnread(status: number, userAgent: string | undefined): void {
    this.#answers.count(this.#second(), effectUnread(status, userAgent));
  }

  document(): Observation {
    const spool = this.#spool?.() ?? null;
    return {
      version: OBSERVATION_VERSION,
      ...this.#whose,
      startedAt: this.#startedAt,
      answers: this.#answers.rows(this.#second()),
      topics: this.#topics.list(),
      signedAt: this.#signedAt,
      lastPingAt: this.#lastPingAt,
      lastNotificationAt: this.#lastNotificationAt,
      lastRefusedAt: this.#lastRefusedAt,
      spool: spool === null ? null : { records: spool.records, bytes: spool.bytes },
    };
  }

  #second(): number {
    return Math.floor(this.#nowMs() / 1000);
  }
}
