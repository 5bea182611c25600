import { Redis } from 'ioredis';

const MAX_RECONNECT_DELAY_MS = 1_000;

/**
 * Opens a connection that fails fast and comes back by itself: commands reject while Redis is away instead of piling
 * up, and none is sent twice, so that what became of it is known or unknown, never both.
 * @param onTrouble told why there is no connection, at each try
 */
export function connectRedis(url: string, onTrouble: (message: string) => void): Redis {
  const redis = new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    connectTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS),
  });
  // Only the message: the error of a failed log-in carries the command, and that the password.
  redis.on('error', (error) => onTrouble(error.message));
  return redis;
}
