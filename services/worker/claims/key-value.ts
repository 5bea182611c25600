import { JetStreamApiCodes, JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { ClaimStoreUnavailable, type Claims } from './port.ts';
import type { RecordStore, Stored, Written } from './record-store.ts';
import { storedClaims } from './stored-claims.ts';

const REQUEST_TIMEOUT_MS = 2_000;

export interface KeyValueClaimsOptions {
  /** Stays the caller's: `close` leaves it open. */
  readonly nc: NatsConnection;
  /** Must exist; its `ttl` is how long claims are kept. */
  readonly bucket: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly nowMs?: () => number;
}

/** Claims in a JetStream key-value bucket. */
export const keyValueClaims = ({ nc, bucket, owner, leaseMs, nowMs = Date.now }: KeyValueClaimsOptions): Claims =>
  storedClaims(keyValueStore(nc, bucket), { owner, leaseMs, nowMs });

/**
 * Revisions are sequences of the bucket's stream. Reads may be answered by a replica that lags behind: every decision
 * made on them is a write to an exact revision, which then fails, or to wait.
 */
function keyValueStore(nc: NatsConnection, bucket: string): RecordStore {
  const manager = new Kvm(jetstream(nc, { timeout: REQUEST_TIMEOUT_MS }));
  let opened: Promise<KV> | undefined;
  /** Binding asks nothing of the server. */
  const kv = (): Promise<KV> => (opened ??= manager.open(bucket, { bindOnly: true, allow_direct: true }));

  const put = async (key: string, value: string, revision: number): Promise<Written> => {
    try {
      const previous = { previousSeq: revision, timeout: REQUEST_TIMEOUT_MS };
      return { kind: 'written', revision: await (await kv()).put(key, value, previous) };
    } catch (error) {
      if (isConflict(error)) return { kind: 'conflict' };
      throw unavailable(bucket, error);
    }
  };

  return {
    create: (key, value) => put(key, value, 0),
    update: put,
    get: async (key): Promise<Stored | null> => {
      try {
        const store = await kv();
        const entry = await store.get(key);
        if (entry === null) return null;
        return {
          value: entry.operation === 'PUT' ? entry.string() : null,
          revision: entry.revision,
          ageMs: async () => Math.max(0, (await serverTimeMs(store, bucket)) - entry.created.getTime()),
        };
      } catch (error) {
        throw unavailable(bucket, error);
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The stream's leader stamps both its entries and its answers to STREAM.INFO (since nats-server 2.10). */
async function serverTimeMs(store: KV, bucket: string): Promise<number> {
  const ts = await store.status().then(
    ({ streamInfo }) => streamInfo.ts,
    (error: unknown) => {
      throw unavailable(bucket, error);
    },
  );
  if (ts === undefined) throw new ClaimStoreUnavailable(`bucket ${bucket}: the server does not tell its time`);
  return Date.parse(ts);
}

const CONFLICTS: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

const isConflict = (error: unknown): boolean => error instanceof JetStreamApiError && CONFLICTS.has(error.code);

function unavailable(bucket: string, cause: unknown): ClaimStoreUnavailable {
  return new ClaimStoreUnavailable(`bucket ${bucket}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  // What the client makes of "no responders", which has other reasons here.
  if (cause instanceof Error && cause.name === 'JetStreamNotEnabled')
    return 'nobody answers: it is missing, or has no leader';
  return cause instanceof Error ? cause.message : String(cause);
}
