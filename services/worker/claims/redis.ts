import type { Redis } from 'ioredis';
import { ClaimStoreUnavailable, type Claims } from './port.ts';
import type { RecordStore, Stored, Written } from './record-store.ts';
import { storedClaims } from './stored-claims.ts';

export interface RedisClaimsOptions {
  /** As `connectRedis` opens it; `close` ends it. */
  readonly redis: Redis;
  /** Stands before every key. */
  readonly prefix: string;
  readonly owner: string;
  readonly leaseMs: number;
  /** How long a record is kept after its last write. */
  readonly retentionMs: number;
  readonly nowMs?: () => number;
}

/** Claims in Redis 7 or newer. */
export function redisClaims(options: RedisClaimsOptions): Claims {
  const { redis, prefix, owner, leaseMs, retentionMs, nowMs = Date.now } = options;
  return storedClaims(redisStore(redis, { prefix, retentionMs }), { owner, leaseMs, nowMs });
}

/**
 * A record is a hash: `b` what was stored, `r` its revision, which is when it was written, in µs by the server's clock,
 * and always more than the one before. Lua rounds large numbers where it makes text of them, hence the format.
 */
const SCRIPTS = {
  claimRead: {
    numberOfKeys: 1,
    lua: `
      local found = redis.call('HMGET', KEYS[1], 'b', 'r')
      if not found[1] then return nil end
      local time = redis.call('TIME')
      return {found[1], found[2], time[1] * 1000000 + time[2]}`,
  },
  /** Over the revision in ARGV[2]; over nothing where that is 0. */
  claimWrite: {
    numberOfKeys: 1,
    lua: `
      local current = redis.call('HGET', KEYS[1], 'r') or '0'
      if current ~= ARGV[2] then return nil end
      local time = redis.call('TIME')
      local revision = string.format('%.0f', math.max(time[1] * 1000000 + time[2], tonumber(current) + 1))
      redis.call('HSET', KEYS[1], 'b', ARGV[1], 'r', revision)
      redis.call('PEXPIRE', KEYS[1], ARGV[3])
      return revision`,
  },
} as const;

interface Commands {
  claimRead(key: string): Promise<[value: string, revision: string, nowUs: number] | null>;
  claimWrite(key: string, value: string, revision: number, retentionMs: number): Promise<string | null>;
}

function redisStore(redis: Redis, { prefix, retentionMs }: { prefix: string; retentionMs: number }): RecordStore {
  for (const [name, script] of Object.entries(SCRIPTS)) redis.defineCommand(name, script);
  const commands = redis as Redis & Commands;
  let trouble = 'not connected yet';
  let reachableSinceMs = Number.NEGATIVE_INFINITY;
  let wasAway = false;
  redis.on('close', () => {
    wasAway = true;
  });
  redis.on('ready', () => {
    if (wasAway) reachableSinceMs = performance.now();
  });
  redis.on('error', (error) => {
    trouble = error.message;
  });

  const asked = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await command();
    } catch (error) {
      // No cause: see connectRedis.
      const message = error instanceof Error ? error.message : String(error);
      throw new ClaimStoreUnavailable(`redis: ${redis.status === 'ready' ? message : trouble}`);
    }
  };

  const write = async (key: string, value: string, over: number): Promise<Written> => {
    const revision = await asked(() => commands.claimWrite(prefix + key, value, over, retentionMs));
    return revision === null ? { kind: 'conflict' } : { kind: 'written', revision: Number(revision) };
  };

  return {
    create: (key, value) => write(key, value, 0),
    update: write,
    get: async (key): Promise<Stored | null> => {
      const found = await asked(() => commands.claimRead(prefix + key));
      if (found === null) return null;
      const [value, revision, nowUs] = found;
      const ageMs = Math.max(0, (nowUs - Number(revision)) / 1000);
      return { value, revision: Number(revision), ageMs: () => Promise.resolve(ageMs) };
    },
    reachableForMs: () => performance.now() - reachableSinceMs,
    close: async () => {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
