import { type Call, judge, type Sent, type Verdict } from '#cli/judge/judge.ts';
import { type AnswersVerdict, judgeAnswers, underWay } from '#cli/judge/judge-answers.ts';
import { type BacklogVerdict, judgeBacklog } from '#cli/judge/judge-backlog.ts';
import { judgeStream, type StoredNotification, type StreamVerdict } from '#cli/judge/judge-stream.ts';
import { judgeWaits, type WaitVerdict } from '#cli/judge/judge-waits.ts';
import type { GivenUp } from '#cli/judge/read-dead-letters.ts';
import { brokenPromises, NOTICE_MS, type Promises } from './promises.ts';
import type { Injection } from './scene.ts';

export interface DrillEvidence {
  readonly handler: string;
  readonly promises: Promises;
  readonly injections: readonly Injection[];
  /** How many notifications were to be sent, of all kinds. */
  readonly asked: number;
  readonly sent: readonly Sent[];
  /** What Intercom itself counted. */
  readonly countedErrors: number;
  readonly stored: readonly StoredNotification[];
  readonly calls: readonly Call[];
  readonly deadLetters: readonly GivenUp[];
  /** Null where it was not asked for. */
  readonly attemptsUsed: number | null;
  /** Whether the workers had nothing more to do at the end. */
  readonly isDrained: boolean;
}

export interface DrillVerdict extends BacklogVerdict, WaitVerdict {
  readonly handled: Verdict;
  readonly stream: StreamVerdict;
  readonly answers: AnswersVerdict;
  /** How many, by their reasons. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** One sentence for each promise that did not hold. */
  readonly broken: readonly string[];
  /** Why the result says nothing, however good it looks. */
  readonly hollow: readonly string[];
}

/** Below this share of the rate a drill says nothing about it. */
const ENOUGH = 0.8;
/** Judges one drill. Pure. */
export function judgeDrill(evidence: DrillEvidence): DrillVerdict {
  const { handler, sent, calls, stored, injections, deadLetters } = evidence;
  const ended = injections.flatMap((injection) => injection.ended ?? []);
  const kills = ended.filter(({ container, by }) => container !== 'ingress' && by === 'SIGKILL');
  const givenUpMs = new Map(deadLetters.map(({ key, atMs }) => [key, atMs]));
  const fromMs = injections[0]?.fromMs ?? -Infinity;
  const about = new Set(injections.flatMap((injection) => injection.about ?? []));
  const workerEnds = ended.filter(({ container }) => container === 'worker');
  const verdict = {
    handled: judge({ handler, sent, calls, kills, givenUp: givenUpMs.keys() }),
    stream: judgeStream({ handler, sent, stored, calls, givenUpMs }),
    answers: judgeAnswers(sent, fromMs),
    deadLetters: Object.fromEntries(countBy(deadLetters, ({ reason }) => reason)),
    ...judgeBacklog({ handler, sent, stored, calls, endMs: injections.reduce(latestEnd, -Infinity) }),
    ...judgeWaits({ handler, stored, calls, about, fromMs, workerEnds }),
  };
  return { ...verdict, broken: brokenPromises(evidence, verdict), hollow: hollowness(evidence, verdict) };
}

const latestEnd = (latestMs: number, { toMs }: Injection): number => Math.max(latestMs, toMs);

const countBy = <T>(list: readonly T[], by: (item: T) => string): [string, number][] =>
  Array.from(Map.groupBy(list, by), ([name, items]) => [name, items.length]);

type Counted = Pick<DrillVerdict, 'handled' | 'answers'>;

function hollowness(
  { promises, injections, sent, asked, countedErrors }: DrillEvidence,
  { handled, answers }: Counted,
): string[] {
  const during = ({ fromMs, toMs }: Injection) => underWay(sent, fromMs - NOTICE_MS, toMs + NOTICE_MS);
  return [
    ...(sent.length === asked ? [] : [`${sent.length} of ${asked} notifications were sent`]),
    ...tooSlow(promises.ratePerSecond ?? 0, sent),
    ...(handled.acknowledged > 0 ? [] : ['nothing was acknowledged']),
    ...(handled.handled > 0 ? [] : ['nothing was handled']),
    ...(injections.length > 0 ? [] : ['no fault was injected']),
    ...injections.filter(({ proof }) => proof === null).map(({ what }) => `${what}: nothing shows that it took effect`),
    ...injections.filter((one) => during(one) === 0).map(({ what }) => `${what}: Intercom sent nothing meanwhile`),
    ...(answers.errors === countedErrors ? [] : [`${answers.errors} errors seen, Intercom counted ${countedErrors}`]),
  ];
}

function tooSlow(ratePerSecond: number, sent: readonly Sent[]): string[] {
  let [firstMs, lastMs] = [Infinity, -Infinity];
  for (const { sentAtMs } of sent) [firstMs, lastMs] = [Math.min(firstMs, sentAtMs), Math.max(lastMs, sentAtMs)];
  const rate = Math.round((sent.length * 1_000) / Math.max(1, lastMs - firstMs));
  return rate >= ratePerSecond * ENOUGH ? [] : [`${rate} notifications a second left, not ${ratePerSecond}`];
}
