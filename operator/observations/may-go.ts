import type { Status } from '../api/status.ts';

type Signing = NonNullable<Status['signing']>;

/** Longer than Intercom would go on with what it holds back, and than a quiet night of an app that shares the webhook. */
const QUIET_MS = 24 * 3_600_000;

/**
 * Says of each key whether it can be taken out of the resource: another one signed after it, and a day later another one
 * signs still, while it has signed nothing. One that never signed stays: it may be the next. Nothing is said of the only one.
 * A day is long for a rotation, but to remove a key that is in use makes every answer 401.
 * @param before what was said last: it knows since when
 * @param isWhole whether every receiver was read; where one was not, no further key may go, for it may know better
 */
export function withMayGo(signing: Signing, { before, isWhole }: { before: Signing; isWhole: boolean }): Signing {
  if (signing.length < 2) return signing;
  return signing.map((entry) => {
    const was = before.find(({ name, key }) => name === entry.name && key === entry.key);
    const supersededAt = supersededSince(entry, { signing, was });
    if (supersededAt === undefined) return { ...entry, mayGo: false };
    const newestMs = Math.max(...signing.filter(hasSigned).map(lastMs));
    const isQuietForLong = newestMs - Date.parse(supersededAt) >= QUIET_MS;
    return { ...entry, supersededAt, mayGo: isQuietForLong && (isWhole || was?.mayGo === true) };
  });
}

/** When another was first seen to sign after it. Where that has been said it stays, as long as this one signs nothing more. */
function supersededSince(
  { lastSignedAt, name, key }: Signing[number],
  { signing, was }: { signing: Signing; was: Signing[number] | undefined },
): string | undefined {
  if (lastSignedAt === undefined) return undefined;
  const later = signing
    .filter((other) => (other.name !== name || other.key !== key) && lastMs(other) > Date.parse(lastSignedAt))
    .toSorted((a, b) => lastMs(a) - lastMs(b));
  const known = was?.lastSignedAt === lastSignedAt ? was.supersededAt : undefined;
  return later.length === 0 ? undefined : (known ?? later[0]?.lastSignedAt);
}

const hasSigned = ({ lastSignedAt }: Signing[number]): boolean => lastSignedAt !== undefined;
const lastMs = ({ lastSignedAt }: Signing[number]): number => Date.parse(lastSignedAt ?? '');
