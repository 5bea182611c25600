import { type Msg, type NatsConnection, nanos, type Subscription } from '@nats-io/transport-node';
import { newInbox } from '#shared/nats.ts';
import { type Message, readMessage } from './message.ts';
import type { Outbox } from './outbox.ts';

export interface PullTarget {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  readonly outbox: Outbox;
  /** Asked for each request: what names us to a consumer that serves one worker only. */
  readonly pin?: () => Pin;
  readonly onMessage: (message: Message) => void;
  /** A request has ended with fewer messages than it asked for. */
  readonly onExpired: () => void;
  /** Nothing more will come: the consumer is gone, or moved. */
  readonly onProblem: (problem: string) => void;
}

export interface Pin {
  readonly group: string;
  /** As the server gave it with the first message; without it the next to be served may be anybody. */
  readonly id?: string;
}

/** A request ends after this long, so that an ending worker leaves none behind that would swallow messages. */
const EXPIRES_MS = 2_000;
/** Its end comes from the server, and never where the connection broke meanwhile: then it is taken to have ended. */
const OVERDUE_MS = EXPIRES_MS + 2_000;

/**
 * Requests for messages of a consumer, several at a time, with the count of what is still owed. The client's own
 * `fetch` has one request at a time, so a busy worker would wait a round trip for each slot that falls free; its
 * `consume` takes more than there are slots.
 */
export class Pull {
  readonly #target: PullTarget;
  readonly #requests = new Set<Request>();
  #requested = 0;

  constructor(target: PullTarget) {
    this.#target = target;
  }

  /** Messages asked for and not there yet. */
  get requested(): number {
    return this.#requested;
  }

  /** An inbox of its own for each request: a message bears the subject it was stored under, so it could not be told. */
  ask(count: number): void {
    const { connection, stream, consumer, onProblem } = this.#target;
    const inbox = newInbox(connection);
    const request: Request = {
      left: count,
      askedMs: performance.now(),
      subscription: connection.subscribe(inbox, {
        callback: (error, msg) => {
          if (error === null) this.#take(request, msg);
          else onProblem(error.message);
        },
      }),
    };
    this.#requests.add(request);
    this.#requested += count;
    const body = JSON.stringify({ batch: count, expires: nanos(EXPIRES_MS), ...this.#target.pin?.() });
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, body, { reply: inbox });
  }

  /** To be called now and then: gives up requests whose end was lost with a connection. */
  sweep(): void {
    for (const request of this.#requests) if (performance.now() - request.askedMs > OVERDUE_MS) this.#end(request);
  }

  close(): void {
    for (const request of this.#requests) this.#end(request);
  }

  /**
   * A message, or how a request ended: 404 and 408 are its time running out, 409 tells of a change at the server, 503
   * that nobody answers, 423 that another is served, 100 are heartbeats.
   */
  #take(request: Request, msg: Msg): void {
    const message = readMessage(msg, this.#target);
    const code = msg.headers?.code ?? 0;
    if (message !== null) {
      request.left -= 1;
      this.#requested -= 1;
      if (request.left === 0) this.#end(request);
      this.#target.onMessage(message);
    } else if (code === 404 || code === 408) {
      this.#end(request);
      this.#target.onExpired();
    } else if (code !== 100) {
      this.#target.onProblem(`${code} ${msg.headers?.description ?? ''}`.trim());
    }
  }

  #end(request: Request): void {
    request.subscription.unsubscribe();
    this.#requests.delete(request);
    this.#requested -= request.left;
    request.left = 0;
  }
}

interface Request {
  left: number;
  readonly askedMs: number;
  readonly subscription: Subscription;
}
