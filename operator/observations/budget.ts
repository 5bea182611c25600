import { type AnswerRow, REMEMBERED_SECONDS } from '#shared/observation.ts';

/** By which Intercom counts: more than 1000 errors in a row within 15 minutes pause a webhook for as long. */
const WINDOW_SECONDS = 15 * 60;
const MAX_ERRORS_IN_A_ROW = 1000;

export interface Budget {
  /** Errors that Intercom counts, of all replicas, within 15 minutes. */
  readonly errors15m: number;
  /** Those of them behind the newest second in which any replica answered Intercom with 200. */
  readonly streak: number;
  /** Further ones in a row until Intercom pauses. */
  readonly remaining: number;
  /** Notifications that Intercom sent again within 15 minutes. */
  readonly redeliveries: number;
}

/** What the budget needs of the answers of one process. Most seconds have nothing but 200s, and are left out. */
export interface Counts {
  /** The newest second with a 200 to Intercom; null for none within what is remembered. */
  readonly lastOk: number | null;
  readonly troubles: readonly Trouble[];
}

interface Trouble {
  readonly second: number;
  readonly errors: number;
  readonly redeliveries: number;
}

export const countsOf = (rows: readonly AnswerRow[]): Counts => ({
  lastOk: latest(rows.map(([second, ok]) => (ok > 0 ? second : null))),
  troubles: rows
    .filter(([, , errors, , redeliveries]) => errors > 0 || redeliveries > 0)
    .map(([second, , errors, , redeliveries]) => ({ second, errors, redeliveries })),
});

/** Of all replicas together, those that are gone included. */
export function budgetOf(replicas: readonly Counts[], nowSecond: number): Budget {
  const troubles = replicas
    .flatMap((counts) => counts.troubles)
    .filter(({ second }) => second > nowSecond - WINDOW_SECONDS);
  const lastOk = latest(replicas.map((counts) => counts.lastOk)) ?? Number.NEGATIVE_INFINITY;
  const errors = (of: readonly Trouble[]) => of.reduce((sum, trouble) => sum + trouble.errors, 0);
  const streak = errors(troubles.filter(({ second }) => second > lastOk));
  return {
    errors15m: errors(troubles),
    streak,
    remaining: Math.max(0, MAX_ERRORS_IN_A_ROW - streak),
    redeliveries: troubles.reduce((sum, { redeliveries }) => sum + redeliveries, 0),
  };
}

/** Whether what was read then can still say something about the window. */
export const isRemembered = (readAtSecond: number, nowSecond: number): boolean =>
  readAtSecond > nowSecond - REMEMBERED_SECONDS;

export function latest(seconds: readonly (number | null)[]): number | null {
  return seconds.reduce((max, second) => (second === null || (max !== null && max >= second) ? max : second), null);
}
