import { JetStreamApiCodes, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { MsgHdrsImpl, type NatsConnection } from '@nats-io/transport-node';
import { NOBODY_ANSWERS, type PubAck, readPubAck } from '#shared/pub-ack.ts';
import { ReplyInbox } from '#shared/reply-inbox.ts';
import type { Outbox } from '../outbox.ts';
import { ClaimStoreUnavailable, type Claims } from './port.ts';
import type { RecordStore, Stored, Written } from './record-store.ts';
import { storedClaims } from './stored-claims.ts';

const REQUEST_TIMEOUT_MS = 2_000;

export interface KeyValueClaimsOptions {
  /** Stays the caller's: `close` leaves it open. */
  readonly nc: NatsConnection;
  readonly outbox: Outbox;
  /** Must exist; its `ttl` is how long claims are kept. */
  readonly bucket: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly nowMs?: () => number;
}

/** Claims in a JetStream key-value bucket. */
export const keyValueClaims = ({
  nc,
  outbox,
  bucket,
  owner,
  leaseMs,
  nowMs = Date.now,
}: KeyValueClaimsOptions): Claims => storedClaims(keyValueStore({ nc, outbox, bucket }), { owner, leaseMs, nowMs });

/**
 * Revisions are sequences of the bucket's stream. Reads may be answered by a replica that lags behind: every decision
 * made on them is a write to an exact revision, which then fails, or to wait.
 */
function keyValueStore({ nc, outbox, bucket }: Pick<KeyValueClaimsOptions, 'nc' | 'outbox' | 'bucket'>): RecordStore {
  const manager = new Kvm(jetstream(nc, { timeout: REQUEST_TIMEOUT_MS }));
  let opened: Promise<KV> | undefined;
  /** Binding asks nothing of the server. */
  const kv = (): Promise<KV> => (opened ??= manager.open(bucket, { bindOnly: true, allow_direct: true }));

  const replies = new ReplyInbox(nc, REQUEST_TIMEOUT_MS);
  let reachableSinceMs = Number.NEGATIVE_INFINITY;
  void onReconnect(nc, () => {
    reachableSinceMs = performance.now();
  });

  /** By hand, for the client's own put costs a stack trace, a timer and three promises, twice a message. */
  const publish = (key: string, value: string, revision: number): Promise<PubAck> => {
    const { promise, resolve } = Promise.withResolvers<PubAck>();
    const reply = replies.open({
      onReply: (msg) => {
        resolve(readPubAck(msg));
        return true;
      },
      onTimeout: () => resolve({ kind: 'refused', code: 0, reason: `no answer within ${REQUEST_TIMEOUT_MS} ms` }),
    });
    const headers = MsgHdrsImpl.fromRecord({ 'Nats-Expected-Last-Subject-Sequence': [String(revision)] });
    const send = () => nc.publish(`$KV.${bucket}.${key}`, value, { reply, headers });
    // A call waits for a new claim; for what follows, only a slot does.
    if (revision === 0) outbox.urgent(send);
    else outbox.soon(send);
    return promise;
  };

  const put = async (key: string, value: string, revision: number): Promise<Written> => {
    try {
      const ack = await publish(key, value, revision);
      if (ack.kind === 'stored') return { kind: 'written', revision: ack.seq };
      if (ack.kind === 'refused' && CONFLICTS.has(ack.code)) return { kind: 'conflict' };
      throw new Error(ack.kind === 'refused' ? ack.reason : 'reply not understood');
    } catch (error) {
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
    reachableForMs: () => performance.now() - reachableSinceMs,
    close: async () => replies.close(),
  };
}

async function onReconnect(nc: NatsConnection, told: () => void): Promise<void> {
  for await (const { type } of nc.status()) if (type === 'reconnect') told();
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

function unavailable(bucket: string, cause: unknown): ClaimStoreUnavailable {
  return new ClaimStoreUnavailable(`bucket ${bucket}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  // What the client makes of "no responders", which has other reasons here.
  if (cause instanceof Error && cause.name === 'JetStreamNotEnabled') return NOBODY_ANSWERS;
  return cause instanceof Error ? cause.message : String(cause);
}
