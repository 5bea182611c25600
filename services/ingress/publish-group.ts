import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Envelope } from '#shared/envelope.ts';
import { ReplyInbox } from '#shared/reply-inbox.ts';
import { MAX_GROUP, readReply, replySubject } from './fast-ingest.ts';

/** What is published: an envelope of the events stream and its body. */
export interface Publishable {
  readonly envelope: Envelope;
  readonly body: Uint8Array;
}

export type GroupEnd = 'stored' | 'in-doubt';

/** A group is one write; above this the next messages wait for the next group. */
const MAX_GROUP_BYTES = 1024 * 1024;

/** Publishes messages of the events stream as one batch with one PubAck. */
export class GroupPublisher {
  readonly #connection: NatsConnection;
  readonly #inbox: ReplyInbox;

  /** @param timeoutMs after so long without its PubAck, or 25 ms more, a group is in doubt */
  constructor(connection: NatsConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#inbox = new ReplyInbox(connection, timeoutMs);
  }

  /** The connection broke: no PubAck will come for what is under way. */
  giveUp(): void {
    this.#inbox.giveUp();
  }

  /** Calls back once. `in-doubt`: some may be stored, some not; to be published again under the same ids. Never throws. */
  publish(group: readonly Publishable[], done: (end: GroupEnd) => void): void {
    const inbox = this.#inbox.open({
      onReply: (reply: Msg) => {
        const kind = readReply(reply, group.length);
        if (kind === 'progress') return false;
        done(kind);
        return true;
      },
      onTimeout: () => done('in-doubt'),
    });
    try {
      for (const [i, { envelope, body }] of group.entries()) {
        const reply = replySubject(inbox, i, group.length);
        this.#connection.publish(envelope.subject, body, { reply, headers: envelope.headers });
      }
    } catch {
      // The connection is closed, or one is too large for a server that just changed: the time-out sorts it out.
    }
  }
}

/** How many of the first of these are a group. At least one, where there is one. */
export function groupSize(waiting: readonly Publishable[]): number {
  let bytes = 0;
  let size = 0;
  for (const { body } of waiting) {
    bytes += body.length;
    if (size === MAX_GROUP || (size > 0 && bytes > MAX_GROUP_BYTES)) break;
    size += 1;
  }
  return size;
}
