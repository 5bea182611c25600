import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { HEADER_ALLOWANCE_BYTES } from '#shared/contract.ts';
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
 * Intercom waits 5 s, so all tries end before: 5 × 700 ms and the client's back-off between them (0 + 250 + 250 +
 * 500 ms) = 4.5 s.
 */
const TRIES = 5;
const TRY_MS = 700;
const TOTAL_MS = 4_500;

/** A replicated stream answers so while a try before has no quorum yet. It is an answer, so the client tries no more. */
const STILL_BEING_STORED = 10_158;
const STILL_BEING_STORED_DELAY_MS = 200;

/**
 * Publishes and waits for the PubAck. The same `Nats-Msg-Id` each time: what was stored by a try that seemed lost is not
 * stored twice.
 */
export class JetStreamStore implements Store {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  #maxPayload = Number.POSITIVE_INFINITY;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#js = jetstream(connection);
  }

  /** The largest body that fits into a message: as the server said, and as it said last while it is away. */
  maxBodyBytes(): number {
    this.#maxPayload = this.#connection.info?.max_payload ?? this.#maxPayload;
    return this.#maxPayload - HEADER_ALLOWANCE_BYTES;
  }

  async put(envelope: Envelope, body: VerifiedBody): Promise<PutResult> {
    const startedMs = performance.now();
    for (let retries = TRIES; ; ) {
      try {
        await this.#publish(envelope, body, retries);
        return { kind: 'durable' };
      } catch (error) {
        const leftMs = startedMs + TOTAL_MS - performance.now() - STILL_BEING_STORED_DELAY_MS;
        if (!isStillBeingStored(error) || leftMs < TRY_MS) return { kind: 'unavailable', error: asError(error) };
        // Each try with the longest back-off behind it.
        retries = Math.max(1, Math.floor(leftMs / (TRY_MS + 500)));
      }
      await delay(STILL_BEING_STORED_DELAY_MS);
    }
  }

  #publish({ subject, msgId, headers }: Envelope, body: VerifiedBody, retries: number): Promise<unknown> {
    return this.#js.publish(subject, body, { msgID: msgId, headers, timeout: TRY_MS, retries });
  }
}

const isStillBeingStored = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === STILL_BEING_STORED;
