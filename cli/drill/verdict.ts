import { type Call, judge, type Sent, type Verdict } from '#cli/judge/judge.ts';
import { type AnswersVerdict, judgeAnswers, underWay } from '#cli/judge/judge-answers.ts';
import { judgeStream, type StoredNotification, type StreamVerdict } from '#cli/judge/judge-stream.ts';
import type { Injection } from './scene.ts';

/** What a drill promises beside what all of them do: nothing lost, doubled, stored twice or made up. */
export interface Promises {
  /** Errors that Intercom may count: not one, or those under way when an ingress got SIGKILL. */
  readonly errors: 'none' | 'in-flight';
  /** 99.9 % of the answers are faster. */
  readonly p999Ms?: number;
}

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
  /** Whether the workers had nothing more to do at the end. */
  readonly isDrained: boolean;
}

export interface DrillVerdict {
  readonly handled: Verdict;
  readonly stream: StreamVerdict;
  readonly answers: AnswersVerdict;
  /** From the end of the last fault until the last was handled of what had been sent before. */
  readonly drainMs: number;
  /** One sentence for each promise that did not hold. */
  readonly broken: readonly string[];
  /** Why the result says nothing, however good it looks. */
  readonly hollow: readonly string[];
}

/** Until the Service has noticed, requests still go to an ingress that is dead. */
const NOTICE_MS = 250;

/** Judges one drill. Pure. */
export function judgeDrill(evidence: DrillEvidence): DrillVerdict {
  const { handler, sent, calls, stored, injections } = evidence;
  const kills = injections.flatMap(({ killed, fromMs }) =>
    killed?.container === 'worker' ? [{ pod: killed.pod, atMs: fromMs }] : [],
  );
  const verdict = {
    handled: judge({ handler, sent, calls, kills }),
    stream: judgeStream({ handler, sent, stored, calls }),
    answers: judgeAnswers(sent),
    drainMs: drainMs(evidence),
  };
  return { ...verdict, broken: brokenPromises(evidence, verdict), hollow: hollowness(evidence, verdict) };
}

type Counted = Pick<DrillVerdict, 'handled' | 'stream' | 'answers'>;

function brokenPromises({ promises, injections, sent, isDrained }: DrillEvidence, counted: Counted): string[] {
  const { handled, stream, answers } = counted;
  const allowed = promises.errors === 'none' ? 0 : underWayAtKills(injections, sent);
  const kinds = Object.entries(answers.errorKinds).map(([kind, count]) => `${count} × ${kind}`);
  const { p999Ms = Infinity } = promises;
  return [
    ...more(answers.errors, allowed, 'errors at Intercom', kinds),
    ...(answers.p999Ms > p999Ms ? [`p99.9 of the answers ${Math.round(answers.p999Ms)} ms, ${p999Ms} promised`] : []),
    ...more(handled.lost.length, 0, 'acknowledged and lost', handled.lost),
    ...more(handled.handledTwice.length, 0, 'handled twice', handled.handledTwice),
    ...more(handled.uninvited.length, 0, 'handled and never sent', handled.uninvited),
    ...more(stream.notStored.length, 0, 'answered 200 and not stored', stream.notStored),
    ...more(stream.storedTwice.length, 0, 'stored twice', stream.storedTwice),
    ...more(stream.storedUninvited.length, 0, 'stored and never sent', stream.storedUninvited),
    ...more(stream.handledNotStored.length, 0, 'handled and not stored', stream.handledNotStored),
    ...(isDrained ? [] : ['the workers were not done in time']),
  ];
}

function hollowness(
  { injections, sent, asked, countedErrors }: DrillEvidence,
  { handled, answers }: Counted,
): string[] {
  const during = ({ fromMs, toMs }: Injection) => underWay(sent, fromMs - NOTICE_MS, toMs + NOTICE_MS);
  return [
    ...(sent.length === asked ? [] : [`${sent.length} of ${asked} notifications were sent`]),
    ...(handled.acknowledged > 0 ? [] : ['nothing was acknowledged']),
    ...(handled.handled > 0 ? [] : ['nothing was handled']),
    ...(injections.length > 0 ? [] : ['no fault was injected']),
    ...injections.filter(({ proof }) => proof === null).map(({ what }) => `${what}: nothing shows that it took effect`),
    ...injections.filter((one) => during(one) === 0).map(({ what }) => `${what}: Intercom sent nothing meanwhile`),
    ...(answers.errors === countedErrors ? [] : [`${answers.errors} errors seen, Intercom counted ${countedErrors}`]),
  ];
}

const underWayAtKills = (injections: readonly Injection[], sent: readonly Sent[]): number =>
  injections
    .filter(({ killed }) => killed?.container === 'ingress')
    .reduce((sum, { fromMs }) => sum + underWay(sent, fromMs, fromMs + NOTICE_MS), 0);

function more(count: number, allowed: number, what: string, which: readonly string[] = []): string[] {
  if (count <= allowed) return [];
  const some = which.length === 0 ? '' : `: ${which.slice(0, 3).join(', ')}${which.length > 3 ? ' …' : ''}`;
  return [`${count} ${what}, ${allowed} allowed${some}`];
}

/** Of what left before the end of the last fault and was acknowledged; a retry that Intercom makes later is no backlog. */
function drainMs({ handler, injections, sent, calls }: DrillEvidence): number {
  const endMs = Math.max(...injections.map(({ toMs }) => toMs));
  const keys = new Set(
    sent
      .filter(({ attempts }) => attempts.some(({ atMs, status }) => status === 200 && atMs <= endMs))
      .map(({ key }) => `${key}:${handler}`),
  );
  const firstEnds = new Map<string, number>();
  for (const { idempotencyKey, endMs: doneMs } of calls) {
    if (doneMs === null || !keys.has(idempotencyKey)) continue;
    firstEnds.set(idempotencyKey, Math.min(doneMs, firstEnds.get(idempotencyKey) ?? Infinity));
  }
  return Math.max(0, ...[...firstEnds.values()].map((doneMs) => doneMs - endMs));
}
