import type { Msg } from '@nats-io/transport-node';

/**
 * How long an ack may wait for others to go with. Nobody waits for an ack: one that is lost only brings back a message
 * whose claim says that it is done.
 */
const GATHER_MS = 20;

/** Acks, gathered: each alone would be a write of its own and wake the server, a fifth of what a message costs. */
export class Acks {
  #waiting: Msg[] = [];
  #timer: NodeJS.Timeout | null = null;

  add(msg: Msg): void {
    this.#waiting.push(msg);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends what waits; to be called before the connection is closed. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const msg of this.#waiting.splice(0)) msg.respond('+ACK');
  }
}
