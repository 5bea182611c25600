import type { Observations } from './ledger.ts';

/**
 * What of the observations is worth a new status. Under steady traffic that is one write a minute, with nothing arriving
 * none:
 *
 * - times count by the minute, rounded down;
 * - of errors, streak and redeliveries it counts at once when they come into another of {@link BANDS}; within one, once a
 *   minute. What is then written is exact;
 * - of topics and pods that cannot be read it counts which they are.
 */
export function coarse(observations: Observations, nowSecond: number): string {
  const { budget, lastPingAt, lastNotificationAt, lastRefusedAt, topics, signedAt, unread } = observations;
  const isTroubled = budget !== null && (budget.errors15m > 0 || budget.redeliveries > 0);
  return JSON.stringify([
    [lastPingAt, lastNotificationAt, lastRefusedAt].map(minuteOrNull),
    Array.from(signedAt, ([secret, second]) => `${minuteOf(second)} ${secret}`).toSorted(),
    Array.from(topics, ([topic, second]) => `${isRecent(second, nowSecond)} ${topic}`).toSorted(),
    budget === null ? null : [budget.errors15m, budget.streak, budget.redeliveries].map(bandOf),
    isTroubled ? minuteOf(nowSecond) : null,
    isSilent(lastNotificationAt, nowSecond),
    unread,
  ]);
}

/** From so many on it is another matter: one is news, 100 a tenth of the budget, 500 its half, 1000 all of it. */
const BANDS = [1, 10, 100, 500, 1000] as const;
const bandOf = (count: number): number => BANDS.filter((from) => count >= from).length;

export const minuteOf = (second: number): number => second - (second % 60);
const minuteOrNull = (second: number | null): number | null => (second === null ? null : minuteOf(second));

/** RFC 3339, to the minute. */
export const minuteText = (second: number): string =>
  new Date(minuteOf(second) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

const DAY_SECONDS = 86_400;

/** Whether a topic still arrives: what was unsubscribed is forgotten a day later. */
export const isRecent = (second: number, nowSecond: number): boolean => second > nowSecond - DAY_SECONDS;

/** A day without any: what is usual for this webhook its metrics know, and the alerts on them. */
export const isSilent = (lastNotificationAt: number | null, nowSecond: number): boolean =>
  lastNotificationAt !== null && !isRecent(lastNotificationAt, nowSecond);
