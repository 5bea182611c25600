import type { Status } from '../api/status.ts';
import type { SecretKeyRef } from './seen.ts';

/** Longer than Intercom would go on with what it holds back, and than a quiet night of an app that shares the webhook. */
const QUIET_MS = 24 * 3_600_000;

/**
 * The keys of a finished rotation: such a one signed once, and nothing since another has been signing for a day. One that never
 * signed stays: it may be the next. A day is long for a rotation, but to remove a key that is in use makes every answer 401.
 */
export function keysThatMayGo(signing: NonNullable<Status['signing']>): SecretKeyRef[] {
  const lastMs = (time: string | undefined): number => Date.parse(time ?? '');
  const newestMs = Math.max(...signing.map(({ lastSignedAt }) => lastMs(lastSignedAt)).filter((ms) => ms > 0));
  return signing
    .filter(({ lastSignedAt }) => newestMs - lastMs(lastSignedAt) >= QUIET_MS)
    .map(({ name, key }) => ({ name, key }));
}
