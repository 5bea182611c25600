import type { MsgHdrs } from '@nats-io/transport-node';
import type { Message } from '#services/worker/message.ts';
import type { Loop } from './loop.ts';

export interface Published {
  readonly id: string;
  readonly headers: MsgHdrs;
  readonly seq: number;
  readonly atMs: number;
}

type Deliver = (message: Message) => void;

/**
 * One consumer as the server keeps it: an ack floor, what is acknowledged above it, and the one that is served. A
 * takeover begins at the floor again. What is on its way to an earlier one still arrives there.
 */
export class ModelStream {
  readonly #loop: Loop;
  readonly #latencyMs: () => number;
  readonly #published: Published[] = [];
  readonly #acked = new Set<number>();
  #serve: Deliver | null = null;
  /** Messages keep their order on the way to one receiver. */
  #arrivesMs = 0;

  constructor(loop: Loop, latencyMs: () => number) {
    this.#loop = loop;
    this.#latencyMs = latencyMs;
  }

  get unacknowledged(): number {
    return this.#published.length - this.#acked.size;
  }

  publish(message: Published): void {
    this.#published.push(message);
    this.#send(message);
  }

  /** UNPIN and RESET: from now on this one is served, with all above the floor first. */
  takeOver(serve: Deliver): void {
    this.#serve = serve;
    this.#arrivesMs = this.#loop.nowMs;
    const floor = this.#published.findIndex(({ seq }) => !this.#acked.has(seq));
    if (floor === -1) return;
    for (const message of this.#published.slice(floor)) {
      if (!this.#acked.has(message.seq)) this.#send(message);
    }
  }

  #send({ headers, seq, atMs }: Published): void {
    const serve = this.#serve;
    if (serve === null) return;
    this.#arrivesMs = Math.max(this.#arrivesMs, this.#loop.nowMs + this.#latencyMs());
    const message: Message = {
      headers,
      seq,
      consumerSeq: 0,
      storedAtMs: atMs,
      data: Buffer.from('{}'),
      ack: () => this.#loop.after(this.#latencyMs(), () => this.#acked.add(seq)),
      nak: () => undefined,
      working: () => undefined,
    };
    this.#loop.after(this.#arrivesMs - this.#loop.nowMs, () => serve(message));
  }
}
