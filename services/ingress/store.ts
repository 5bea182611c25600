import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Envelope } from '#shared/envelope.ts';
import { asError } from '#shared/logger.ts';
import type { VerifiedBody } from './signature.ts';

export type PutResult = { kind: 'durable' } | { kind: 'unavailable'; error: Error };

/** Where notifications become durable. A spool takes its place in front of JetStream without the route knowing. */
export interface Store {
  /** Resolves as `durable` only when the notification survives the loss of this process. Never rejects. */
  put(envelope: Envelope, body: VerifiedBody): Promise<PutResult>;
}

/**
 * Publishes and waits for the PubAck. Intercom waits 5 s, so all tries end before: 5 × 700 ms and the client's back-off
 * between them (0 + 250 + 250 + 500 ms) = 4.5 s. The same `Nats-Msg-Id` each time: what was stored by a try that seemed
 * lost is not stored twice.
 */
export class JetStreamStore implements Store {
  readonly #js: JetStreamClient;

  constructor(connection: NatsConnection) {
    this.#js = jetstream(connection);
  }

  async put(envelope: Envelope, body: VerifiedBody): Promise<PutResult> {
    const { subject, msgId, headers } = envelope;
    try {
      await this.#js.publish(subject, body, { msgID: msgId, headers, timeout: 700, retries: 5 });
      return { kind: 'durable' };
    } catch (error) {
      return { kind: 'unavailable', error: asError(error) };
    }
  }
}
