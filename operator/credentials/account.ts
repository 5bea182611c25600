import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Claims, readJwt, signJwt } from './jwt.ts';
import type { KeyPair } from './nkey.ts';

/** What one namespace may use of NATS. -1 = as much as there is. */
export interface AccountLimits {
  readonly maxDiskBytes: number;
  readonly maxStreams: number;
  readonly maxConsumers: number;
  readonly maxConnections: number;
}

export const NO_LIMITS: AccountLimits = { maxDiskBytes: -1, maxStreams: -1, maxConsumers: -1, maxConnections: -1 };

/** Public keys of users, and since when, in s since 1970: what was issued to them until then is void. */
type Revocations = Readonly<Record<string, number>>;

/** Beyond this the oldest go, whose credentials expire first. Of 70 bytes each, they fit into any message. */
const MAX_REVOCATIONS = 5_000;

export interface Account {
  readonly namespace: string;
  readonly key: KeyPair;
  /** The NATS operator. */
  readonly issuer: KeyPair;
  readonly limits: AccountLimits;
  /** After so long what was revoked has expired anyway. */
  readonly lifetimeMs: number;
}

/** What is to become of users, by public key. */
export interface Change {
  readonly revoke: readonly string[];
  /** Who was revoked and is back. */
  readonly admit: readonly string[];
}

export const NO_CHANGE: Change = { revoke: [], admit: [] };

/**
 * Pure. What the server is to know of an account.
 * @param current JWT that it has; '' where it knows none
 * @returns the JWT to give to it, or null where it need not be told anything
 */
export function nextAccount(account: Account, { current, change, nowMs }: Step): Next {
  const before = current === '' ? null : readJwt(current);
  // A server takes nothing that is as old as what it has, or older.
  const nowS = Math.max(Math.floor(nowMs / 1000), (before?.issuedAt ?? 0) + 1);
  const revocations = revised(revocationsOf(before), change, { nowS, lifetimeS: account.lifetimeMs / 1000 });
  const nats = body(account.limits, revocations);
  const isKnown = before !== null && before.issuer === account.issuer.publicKey && isDeepStrictEqual(before.nats, nats);
  if (isKnown) return { jwt: null, revoked: Object.keys(revocations) };
  const { namespace, key, issuer } = account;
  const claims = { name: namespace, subject: key.publicKey, issuedAt: nowS, expiresAt: null, nats };
  return { jwt: signJwt(issuer, claims), revoked: Object.keys(revocations) };
}

export interface Step {
  readonly current: string;
  readonly change: Change;
  readonly nowMs: number;
}

export interface Next {
  readonly jwt: string | null;
  /** Public keys. */
  readonly revoked: readonly string[];
}

const Revoked = z.record(z.string(), z.int());

const revocationsOf = (claims: Claims | null): Revocations => {
  const read = Revoked.safeParse(claims?.nats['revocations'] ?? {});
  return read.success ? read.data : {};
};

function revised(
  before: Revocations,
  { revoke, admit }: Change,
  { nowS, lifetimeS }: { nowS: number; lifetimeS: number },
): Revocations {
  const isOver = (sinceS: number) => sinceS + lifetimeS < nowS;
  const kept = Object.entries(before).filter(([user, sinceS]) => !isOver(sinceS) && !admit.includes(user));
  const all = new Map([...kept, ...revoke.map((user) => [user, nowS] as const)]);
  const newest = [...all].toSorted(([, a], [, b]) => b - a).slice(0, MAX_REVOCATIONS);
  return Object.fromEntries(newest.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const body = (limits: AccountLimits, revocations: Revocations) => ({
  limits: {
    ...CORE_LIMITS,
    conn: limits.maxConnections,
    disk_storage: limits.maxDiskBytes,
    mem_storage: MEMORY_BYTES,
    streams: limits.maxStreams,
    consumer: limits.maxConsumers,
  },
  // Nobody exports to another account, or imports from one: what is not there cannot leak.
  default_permissions: { pub: {}, sub: {} },
  revocations,
  type: 'account',
  version: 2,
});

const CORE_LIMITS = { subs: -1, data: -1, payload: -1, imports: 0, exports: 0, wildcards: true, leaf: 0 };

/** No stream of ours is in memory; the consumers by which the operator reads keep their state there. */
const MEMORY_BYTES = 64 * 1024 * 1024;
