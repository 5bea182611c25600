import { hash } from 'node:crypto';

/** From when until when credentials hold. All in ms since 1970, on whole seconds. */
export interface Validity {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** From here on others are issued. */
  readonly renewedAtMs: number;
}

/** How long one lot of credentials is issued. */
export const DAY_MS = 24 * 3_600_000;

/** An operator that is away for two of them does no harm; who got hold of credentials has them for three at most. */
const PERIODS_OF_LIFE = 3;

export const lifetimeMs = (periodMs: number): number => PERIODS_OF_LIFE * periodMs;

/**
 * Pure. The same throughout a period, so that credentials rendered again are the same bytes. Each resource has its own
 * hour of the day, for a cluster whose processes all reconnect at once has a hole in it.
 */
export function validityAt(nowMs: number, { uid, periodMs }: { uid: string; periodMs: number }): Validity {
  const phaseMs = wholeSeconds(hash('sha256', uid, 'buffer').readUInt32BE() % periodMs);
  const issuedAtMs = wholeSeconds(Math.floor((nowMs - phaseMs) / periodMs) * periodMs + phaseMs);
  return { issuedAtMs, expiresAtMs: issuedAtMs + lifetimeMs(periodMs), renewedAtMs: issuedAtMs + periodMs };
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;
