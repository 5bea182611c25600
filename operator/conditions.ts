import type { Condition } from './api/status.ts';

/** A condition as it is now; since when, follows from what was before. */
export type Finding = Omit<Condition, 'lastTransitionTime'>;

/** As the CRD bounds it. */
const MAX_MESSAGE = 32_768;

/**
 * The conditions with one of them as found. Its `lastTransitionTime` stays as long as its `status` does. The result is the
 * same array where nothing is different, and otherwise sorted by type, so that equal findings give equal bytes.
 */
export function setCondition(conditions: readonly Condition[], finding: Finding, now: Date): readonly Condition[] {
  const before = conditions.find(({ type }) => type === finding.type);
  const isUnchanged = before !== undefined && before.status === finding.status;
  const after: Condition = {
    ...finding,
    message: finding.message.slice(0, MAX_MESSAGE),
    lastTransitionTime: isUnchanged ? before.lastTransitionTime : secondsOf(now),
  };
  if (before !== undefined && isSame(before, after)) return conditions;
  const others = conditions.filter(({ type }) => type !== finding.type);
  return [...others, after].toSorted((a, b) => (a.type < b.type ? -1 : 1));
}

const isSame = (a: Condition, b: Condition): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration &&
  a.lastTransitionTime === b.lastTransitionTime;

/** As meta/v1 writes a time: nothing behind the second. */
const secondsOf = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
