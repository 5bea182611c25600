import { type Attempt, quantile, type Sent } from './judge.ts';

export interface AnswersVerdict {
  /** Attempts of Intercom's own that were not answered 2xx within its patience. */
  readonly errors: number;
  /** How many of them by what was answered, or by why nothing was. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** Notifications that were not acknowledged at any attempt. */
  readonly unacknowledged: number;
  /** 99.9 % of the answers took no longer, of those that came from `fromMs` on. */
  readonly p999Ms: number;
  /** Of all. */
  readonly longestMs: number;
}

/** What Intercom makes of the answers, `fromMs` since 1970 being the begin of the fault. Forgeries are a stranger's. Pure. */
export function judgeAnswers(sent: readonly Sent[], fromMs: number): AnswersVerdict {
  const own = sent.filter(isOwn);
  const attempts = own.flatMap((one) => one.attempts);
  const answers = attempts.filter(({ status }) => status !== undefined);
  const sorted = (of: readonly Attempt[]) => of.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  const errors = attempts.filter((attempt) => !isSuccess(attempt));
  const kinds = Object.groupBy(errors, ({ status, error }) => String(status ?? error));
  return {
    errors: errors.length,
    errorKinds: Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, list?.length ?? 0])),
    unacknowledged: own.filter((one) => !one.attempts.some(isSuccess)).length,
    p999Ms: quantile(sorted(answers.filter(({ atMs, latencyMs }) => atMs + latencyMs >= fromMs)), 0.999),
    longestMs: sorted(answers).at(-1) ?? 0,
  };
}

/** How many of Intercom's own attempts were under way at some moment from `fromMs` to `toMs`. Pure. */
export function underWay(sent: readonly Sent[], fromMs: number, toMs: number): number {
  let count = 0;
  for (const one of sent) {
    if (!isOwn(one)) continue;
    for (const { atMs, latencyMs } of one.attempts) if (atMs <= toMs && atMs + latencyMs >= fromMs) count += 1;
  }
  return count;
}

const isOwn = ({ kind }: Sent): boolean => kind !== 'forged' && kind !== 'replay';
const isSuccess = ({ status }: Attempt): boolean => status !== undefined && status >= 200 && status < 300;
