import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '#shared/logger.ts';
import type { Outbox } from '../outbox.ts';
import { keyValueClaims } from './key-value.ts';
import type { Claims } from './port.ts';
import { redisClaims } from './redis.ts';
import { connectRedis } from './redis-client.ts';

export interface ClaimsTarget {
  readonly connection: NatsConnection;
  readonly outbox: Outbox;
  readonly bucket: string;
  /** Empty = the key-value bucket. */
  readonly redisUrl: string;
  readonly redisPrefix: string;
  /** Names this process; no other may ever have it. */
  readonly owner: string;
  readonly leaseMs: number;
  /** Of records in Redis; a bucket has its own. */
  readonly retentionMs: number;
}

/** Redis where a URL is given, else the JetStream key-value bucket. */
export function openClaims(target: ClaimsTarget, logger: Logger): Claims {
  const { connection, outbox, bucket, owner, leaseMs, retentionMs, redisUrl } = target;
  if (redisUrl === '') return keyValueClaims({ nc: connection, outbox, bucket, owner, leaseMs });
  const redis = connectRedis(redisUrl, (problem) => logger.warn({ problem }, 'redis connection'));
  return redisClaims({ redis, prefix: target.redisPrefix, owner, leaseMs, retentionMs });
}
