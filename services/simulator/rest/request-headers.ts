/** Versions that the REST description and its reference pages name; `Unstable` is what Preview was called before. */
const MINORS = { 1: 4, 2: 17 } as const;
const NAMED = new Set(['Preview', 'Unstable']);

/** Whether `Intercom-Version` may say so. Without the header the app's own version counts. */
export function isKnownVersion(version: string): boolean {
  if (NAMED.has(version)) return true;
  const [, major, minor] = /^([12])\.(0|[1-9]\d?)$/.exec(version) ?? [];
  return major !== undefined && Number(minor) <= MINORS[major === '1' ? 1 : 2];
}

/** Whether an `Accept` header admits `application/json`. Quality values are not looked at. */
export function acceptsJson(accept: string): boolean {
  return accept
    .toLowerCase()
    .split(',')
    .some((range) => JSON_RANGES.has(range.split(';', 1)[0]?.trim() ?? ''));
}

const JSON_RANGES = new Set(['application/json', 'application/*', '*/*']);
