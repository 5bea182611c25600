import { type Attempt, quantile, type Sent } from './judge.ts';

export interface AnswersVerdict {
  /** Attempts of Intercom's own that were not answered 2xx within its patience. */
  readonly errors: number;
  /** How many of them by what was answered, or by why nothing was. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** Notifications that were not acknowledged at any attempt. */
  readonly unacknowledged: number;
  /** 99.9 % of the answers took no longer. */
  readonly p999Ms: number;
  readonly longestMs: number;
}

/** What Intercom makes of the answers. Forgeries are a stranger's. Pure. */
export function judgeAnswers(sent: readonly Sent[]): AnswersVerdict {
  const own = sent.filter(isOwn);
  const attempts = own.flatMap((one) => one.attempts);
  const answers = attempts.filter(({ status }) => status !== undefined);
  const sorted = answers.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  const errors = attempts.filter((attempt) => !isSuccess(attempt));
  const kinds = Object.groupBy(errors, ({ status, error }) => String(status ?? error));
  return {
    errors: errors.length,
    errorKinds: Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, list?.length ?? 0])),
    unacknowledged: own.filter((one) => !one.attempts.some(isSuccess)).length,
    p999Ms: quantile(sorted, 0.999),
    longestMs: sorted.at(-1) ?? 0,
  };
}

/** How many of Intercom's own attempts were under way at some moment from `fromMs` to `toMs`. Pure. */
export const underWay = (sent: readonly Sent[], fromMs: number, toMs: number): number =>
  sent
    .filter(isOwn)
    .flatMap((one) => one.attempts)
    .filter(({ atMs, latencyMs }) => atMs <= toMs && atMs + latencyMs >= fromMs).length;

const isOwn = ({ kind }: Sent): boolean => kind !== 'forged' && kind !== 'replay';
const isSuccess = ({ status }: Attempt): boolean => status !== undefined && status >= 200 && status < 300;
