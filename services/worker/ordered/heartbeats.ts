import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { BEAT_MS, MemberTable } from './member-table.ts';

export interface HeartbeatsOptions {
  readonly connection: NatsConnection;
  readonly subject: string;
  /** Names this process among all workers of the handler, for ever. */
  readonly self: string;
  /** Told who lives whenever that changes; nobody while this one is cut off. */
  readonly onMembers: (members: readonly string[]) => void;
}

const BYE = '-';

/** Tells the other workers of a handler that this one lives, and hears of them. Core NATS: nothing is stored. */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #table: MemberTable;
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  #known = '';

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#table = new MemberTable(options.self);
    this.#subscription = options.connection.subscribe(options.subject, {
      // Where we may not listen, nobody is heard, and nothing is pulled.
      callback: (error, msg) => {
        if (error === null) this.#hear(msg);
      },
    });
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#beat();
  }

  /** Says good-bye, so that others need not wait to find out. */
  close(): void {
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
    this.#send(BYE + this.#options.self);
  }

  #beat(): void {
    this.#send(this.#options.self);
    this.#tell();
  }

  #hear(msg: Msg): void {
    const text = msg.string();
    if (text.startsWith(BYE)) this.#table.left(text.slice(BYE.length));
    else this.#table.heard(text, performance.now());
    this.#tell();
  }

  #tell(): void {
    const members = this.#table.members(performance.now());
    const known = members.join('\n');
    if (known === this.#known) return;
    this.#known = known;
    this.#options.onMembers(members);
  }

  #send(text: string): void {
    if (!this.#options.connection.isClosed()) this.#options.connection.publish(this.#options.subject, text);
  }
}
