import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { DEAD_LETTER_HEADERS, HEADERS, SUBJECTS } from '#shared/contract.ts';
import { decodeHeader, encodeHeader } from '#shared/header.ts';
import { encodeTopic } from '#shared/topic.ts';
import type { Message } from './message.ts';
import { ownHeaders } from './own-headers.ts';
import type { DeadReason } from './settle.ts';

export interface DeadLetter {
  readonly reason: DeadReason;
  readonly detail: string;
  /** Completed calls. */
  readonly attempts: number;
  /** The handler's last, redacted; may be empty. */
  readonly answer: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface DeadLetterTarget {
  readonly webhook: string;
  readonly handler: string;
  readonly ttlMs: number;
}

/** Stores dead letters: the original bytes and headers, and why. */
export class DeadLetters {
  readonly #js: JetStreamClient;
  readonly #target: DeadLetterTarget;

  constructor(connection: NatsConnection, target: DeadLetterTarget) {
    this.#js = jetstream(connection);
    this.#target = target;
  }

  /**
   * Resolves when it is durable. Its id is the message's place and time in the events stream, so one put
   * twice is one, and a stream made again starts anew.
   * @throws Error when the broker does not confirm it
   */
  async put(original: Pick<Message, 'headers' | 'data' | 'seq' | 'storedAtMs'>, letter: DeadLetter): Promise<void> {
    const { webhook, handler, ttlMs } = this.#target;
    const hdrs = ownHeaders(original.headers);
    hdrs.set(DEAD_LETTER_HEADERS.reason, letter.reason);
    hdrs.set(DEAD_LETTER_HEADERS.detail, encodeHeader(letter.detail.slice(0, 256)));
    hdrs.set(DEAD_LETTER_HEADERS.handler, handler);
    if (letter.answer !== '') hdrs.set(DEAD_LETTER_HEADERS.answer, encodeHeader(letter.answer));
    hdrs.set(DEAD_LETTER_HEADERS.attempts, String(letter.attempts));
    hdrs.set(DEAD_LETTER_HEADERS.firstAt, String(letter.firstAtMs));
    hdrs.set(DEAD_LETTER_HEADERS.lastAt, String(letter.lastAtMs));
    const topic = encodeTopic(decodeHeader(hdrs.get(HEADERS.topic)));
    await this.#js.publish(SUBJECTS.deadLetter(webhook, handler, topic), original.data, {
      msgID: `${webhook}:${handler}:${original.seq}:${original.storedAtMs}`,
      headers: hdrs,
      ttl: `${Math.max(1, Math.ceil(ttlMs / 1000))}s`,
      timeout: 2_000,
      retries: 3,
    });
  }
}
