import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { asError } from '#shared/logger.ts';
import type { Publishable } from './publish-group.ts';

export type PutResult =
  | { kind: 'durable' }
  /** Neither broker nor spool took it. */
  | { kind: 'unavailable'; error: Error }
  /** It was not tried: as much as may waits already. */
  | { kind: 'no-room'; error: Error };

export const DURABLE: PutResult = { kind: 'durable' };

const TRY_MS = 700;
const TRIES = 4;

/** A replicated stream answers so while a try before has no quorum yet. It is an answer, so the client tries no more. */
const STILL_BEING_STORED = 10_158;
const STILL_BEING_STORED_DELAY_MS = 200;

/**
 * Publishes one message and waits for its PubAck: 4 × 700 ms and the client's back-off between them (0 + 250 + 250 ms) are
 * 3.3 s. The same `Nats-Msg-Id` each time: what was stored by a try that seemed lost is not stored twice. Never rejects.
 * @param deadlineMs on the clock of `performance.now()`; no try begins that could not end by then
 */
export async function publishAlone(
  js: JetStreamClient,
  { envelope: { subject, headers }, body }: Publishable,
  deadlineMs: number,
): Promise<PutResult> {
  for (let retries = TRIES; ; ) {
    try {
      await js.publish(subject, body, { headers, timeout: TRY_MS, retries });
      return DURABLE;
    } catch (error) {
      const leftMs = deadlineMs - performance.now() - STILL_BEING_STORED_DELAY_MS;
      if (!isStillBeingStored(error) || leftMs < TRY_MS) return { kind: 'unavailable', error: asError(error) };
      // Each try with the longest back-off behind it.
      retries = Math.max(1, Math.floor(leftMs / (TRY_MS + 500)));
    }
    await delay(STILL_BEING_STORED_DELAY_MS);
  }
}

const isStillBeingStored = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === STILL_BEING_STORED;
