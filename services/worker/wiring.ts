import type { NatsConnection } from '@nats-io/transport-node';
import { BUCKETS, REDIS_PREFIX, type WorkerEnv } from '#shared/contract.ts';
import type { Stop } from '#shared/lifecycle.ts';
import type { Logger } from '#shared/logger.ts';
import { Circuit } from './circuit.ts';
import { openClaims } from './claims/open.ts';
import { DeadLetters } from './dead-letter.ts';
import { httpHandler } from './deliver.ts';
import { EffectStore } from './effect-store.ts';
import { Latest } from './latest.ts';
import type { Message } from './message.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { Outbox } from './outbox.ts';
import { type WorkDeps, work } from './work.ts';
import type { Worked } from './worked.ts';

export interface Wired {
  readonly work: (message: Message) => Promise<Worked>;
  readonly circuit: Circuit;
  /** To be run when no message is being worked on any more. */
  readonly stops: readonly Stop[];
}

export interface WiringDeps {
  readonly connection: NatsConnection;
  /** Names this process, and no other ever. */
  readonly self: string;
  readonly outbox: Outbox;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
  /** The bearer token for the handler; null = it needs none. */
  readonly token: (() => string) | null;
}

/** Constructs what one message needs, from the environment. */
export function wire(config: WorkerEnv, { connection, self, outbox, metrics, logger, token }: WiringDeps): Wired {
  const webhook = config.WEBHOOK_TOKEN;
  const claimsTarget = {
    connection,
    outbox,
    bucket: BUCKETS.claims(webhook),
    redisUrl: config.REDIS_URL,
    redisPrefix: REDIS_PREFIX.claims(webhook),
    owner: self,
    leaseMs: config.CLAIM_LEASE_MS,
    retentionMs: config.CLAIMS_RETENTION_MS,
  };
  const claims = openClaims(claimsTarget, logger);
  const handler = httpHandler({
    url: config.HANDLER_URL,
    timeoutMs: config.TIMEOUT_MS,
    connections: config.CONCURRENCY,
    token,
  });
  const circuit = new Circuit(Math.random);
  const deps: WorkDeps = {
    circuit,
    latest: new Latest(),
    effects: new EffectStore(connection, { webhook, handler: config.HANDLER, ttlMs: config.CLAIMS_RETENTION_MS }),
    handlerName: config.HANDLER,
    handler,
    claims,
    deadLetters: new DeadLetters(connection, { webhook, handler: config.HANDLER, ttlMs: config.DEAD_LETTER_TTL_MS }),
    policy: {
      maxAgeMs: config.RETRY_MAX_AGE_MS,
      maxAttempts: config.RETRY_MAX_ATTEMPTS,
      minBackoffMs: config.RETRY_MIN_BACKOFF_MS,
      maxBackoffMs: config.RETRY_MAX_BACKOFF_MS,
      eventsRetentionMs: config.EVENTS_RETENTION_MS,
    },
    regions: config.WORKSPACE_REGIONS,
    // Three chances within a lease.
    renewMs: config.CLAIM_LEASE_MS / 3,
    metrics,
    logger,
  };
  return {
    work: (message) => work(message, deps),
    circuit,
    stops: [
      { name: 'handler', deadlineMs: 1_000, run: () => handler.close() },
      { name: 'claims', deadlineMs: 2_000, run: () => claims.close() },
    ],
  };
}
