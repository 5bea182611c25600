import { type Msg, type NatsConnection, nuid, type Subscription } from '@nats-io/transport-node';
import { newInbox } from './nats.ts';

/** Somebody who waits for replies to what was published. Neither may throw. */
export interface Awaiting {
  /** @returns whether that was all: nothing that comes later is handed on */
  readonly onReply: (reply: Msg) => boolean;
  readonly onTimeout: () => void;
}

interface Waiting {
  readonly awaiting: Awaiting;
  readonly deadlineMs: number;
}

const SWEEP_MS = 25;

/**
 * One subscription for the replies to all publishes, and one timer for those that never come: the client's own request
 * takes a promise, a timer and two stack traces each. One time-out for all, so that the oldest is always due first.
 */
export class ReplyInbox {
  readonly #root: string;
  /** Part of each id: the last token of a reply subject names a batch at the server, for all publishers of a stream. */
  readonly #name = nuid.next();
  readonly #waiting = new Map<string, Waiting>();
  readonly #timeoutMs: number;
  readonly #subscription: Subscription;
  #next = 0;
  #sweep: NodeJS.Timeout | null = null;

  constructor(connection: NatsConnection, timeoutMs: number) {
    this.#root = `${newInbox(connection)}.`;
    this.#timeoutMs = timeoutMs;
    this.#subscription = connection.subscribe(`${this.#root}>`, {
      // Where we may not listen, there is no message.
      callback: (error, reply) => {
        if (error === null) this.#onReply(reply);
      },
    });
  }

  /** @returns the subject to reply to; what comes to a subject below it counts as well */
  open(awaiting: Awaiting): string {
    const id = this.#name + (this.#next++).toString(36);
    this.#waiting.set(id, { awaiting, deadlineMs: performance.now() + this.#timeoutMs });
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS);
    return this.#root + id;
  }

  /** What is awaited now will not come: all time-outs at once. */
  giveUp(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { awaiting } of waiting) awaiting.onTimeout();
  }

  /** Nobody waits any more: neither replies nor time-outs come. */
  close(): void {
    this.#subscription.unsubscribe();
    this.#waiting.clear();
    this.#expire();
  }

  #onReply(reply: Msg): void {
    const tail = reply.subject.slice(this.#root.length);
    const dot = tail.indexOf('.');
    const id = dot === -1 ? tail : tail.slice(0, dot);
    if (this.#waiting.get(id)?.awaiting.onReply(reply) === true) this.#waiting.delete(id);
  }

  #expire(): void {
    const nowMs = performance.now();
    for (const [id, { awaiting, deadlineMs }] of this.#waiting) {
      if (deadlineMs > nowMs) return;
      this.#waiting.delete(id);
      awaiting.onTimeout();
    }
    if (this.#sweep !== null) clearInterval(this.#sweep);
    this.#sweep = null;
  }
}
