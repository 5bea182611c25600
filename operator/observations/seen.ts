import type { Observation } from '#shared/observation.ts';
import { latest } from './budget.ts';

/** A key of a Secret, as `spec.signing.secretKeyRefs` names it. */
export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** When something was last seen by any process that was ever read. Seconds since 1970; null for never. */
export interface Seen {
  readonly lastPingAt: number | null;
  readonly lastNotificationAt: number | null;
  readonly lastRefusedAt: number | null;
  readonly topics: ReadonlyMap<string, number>;
  /** By {@link secretId}. */
  readonly signedAt: ReadonlyMap<string, number>;
}

export const NOTHING_SEEN: Seen = {
  lastPingAt: null,
  lastNotificationAt: null,
  lastRefusedAt: null,
  topics: new Map(),
  signedAt: new Map(),
};

/** Twice as many as a single process tells. */
const MAX_TOPICS = 1_400;
/** A resource names three; the others are of before it was changed. */
const MAX_SECRETS = 16;

export const secretId = ({ name, key }: SecretKeyRef): string => `${name}/${key}`;

/** @param signing the keys that the process has mounted, by their place: another pod may have others in the same places */
export function seenWith(seen: Seen, observation: Observation, signing: readonly SecretKeyRef[]): Seen {
  const signed = signing.flatMap((ref, place) => {
    const second = observation.signedAt[place] ?? null;
    return second === null ? [] : [[secretId(ref), second] as const];
  });
  return {
    lastPingAt: latest([seen.lastPingAt, observation.lastPingAt]),
    lastNotificationAt: latest([seen.lastNotificationAt, observation.lastNotificationAt]),
    lastRefusedAt: latest([seen.lastRefusedAt, observation.lastRefusedAt]),
    topics: newest(seen.topics, observation.topics, MAX_TOPICS),
    signedAt: newest(seen.signedAt, signed, MAX_SECRETS),
  };
}

/** Both, each with its latest second; where they are too many the oldest go. */
function newest(
  before: ReadonlyMap<string, number>,
  added: readonly (readonly [string, number])[],
  max: number,
): ReadonlyMap<string, number> {
  if (added.every(([name, second]) => (before.get(name) ?? -1) >= second)) return before;
  const all = new Map(before);
  for (const [name, second] of added) all.set(name, Math.max(second, all.get(name) ?? 0));
  return all.size <= max
    ? all
    : new Map(
        Array.from(all)
          .toSorted(([, a], [, b]) => b - a)
          .slice(0, max),
      );
}
