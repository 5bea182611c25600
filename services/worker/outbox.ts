/** How long what is not urgent may wait for others to go with. */
const GATHER_MS = 2;

/**
 * What goes to NATS, gathered: the client makes one write of what is published in one go, and a write of its own for
 * each wakes the server each time, which is most of what a message costs at a moderate rate.
 */
export class Outbox {
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isUrgent = false;

  /** Goes when this turn of the event loop ends, and takes with it all that waits. */
  urgent(send: () => void): void {
    this.#waiting.push(send);
    if (this.#isUrgent) return;
    this.#isUrgent = true;
    setImmediate(() => this.flush());
  }

  /** Goes with the next that is urgent, or 2 ms from now. */
  soon(send: () => void): void {
    this.#waiting.push(send);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends what waits; to be called before the connection is closed. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isUrgent = false;
    for (const send of this.#waiting.splice(0)) sendUnlessClosed(send);
  }
}

function sendUnlessClosed(send: () => void): void {
  try {
    send();
  } catch {
    // The connection is closed: an ack is lost, as each can be, and a write runs into its deadline.
  }
}
