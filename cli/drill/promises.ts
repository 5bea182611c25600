import type { Sent } from '#cli/judge/judge.ts';
import { underWay } from '#cli/judge/judge-answers.ts';
import type { Injection } from './scene.ts';
import type { DrillEvidence, DrillVerdict } from './verdict.ts';

/** What a drill promises beside what all of them do: nothing lost, doubled, stored twice or made up. */
export interface Promises {
  /** Errors that Intercom may count: not one, or those under way when an ingress got SIGKILL. */
  readonly errors: 'none' | 'in-flight';
  /** 99.9 % of the answers are faster, from the first fault on: before it are processes that have just started. */
  readonly p999Ms?: number;
  /** After the last fault, all that was answered before its end is in the stream within this time. */
  readonly storedWithinMs?: number;
  /** What it promises, it promises at this rate. */
  readonly ratePerSecond?: number;
  /** Whether notifications of one conversation reach the handler one after another, in the order of the stream. */
  readonly order: 'kept' | 'counted';
  /** Where the claims are gone, what is done may come again, and is counted. */
  readonly twice?: 'counted';
  /** How many dead letters there are to be, by their reasons; none where nothing is said. */
  readonly deadLetters?: Readonly<Record<string, number>>;
  /** No notification uses up an attempt. */
  readonly attempts?: 'none';
  /** 99 % of what the faults are not about is called so soon after it was stored. */
  readonly waitP99Ms?: number;
  /** Whether a conversation whose worker has ended waits for another no longer than {@link TAKEOVER_MS}. */
  readonly takeover?: 'bounded';
  /** What was there when the stream was deleted may be lost; nothing else. */
  readonly stream?: 'deleted';
}

/** After SIGKILL the claims of the dead worker hold on for 10 s. */
const TAKEOVER_MS = { SIGKILL: 15_000, SIGTERM: 1_000 } as const;
/** Until the Service has noticed, requests still go to an ingress that is dead; and answers take a moment. */
export const NOTICE_MS = 250;

type Counted = Pick<
  DrillVerdict,
  'handled' | 'stream' | 'answers' | 'storedAfterMs' | 'deadLetters' | 'waitP99Ms' | 'takeoverMs'
>;

/** One sentence for each promise that did not hold. Pure. */
export function brokenPromises(evidence: DrillEvidence, counted: Counted): string[] {
  const { promises, injections, sent, attemptsUsed, isDrained } = evidence;
  const { handled, stream, answers } = counted;
  const allowed = promises.errors === 'none' ? 0 : underWayAtKills(injections, sent);
  const kinds = Object.entries(answers.errorKinds).map(([kind, count]) => `${count} × ${kind}`);
  const isKept = keptBy(evidence);
  return [
    ...more(answers.errors, allowed, 'errors at Intercom', kinds),
    ...beyond('p99.9 of the answers', answers.p999Ms, promises.p999Ms),
    ...none('acknowledged and lost', handled.lost.filter(isKept)),
    ...none('handled twice', promises.twice === 'counted' ? [] : handled.handledTwice),
    ...none('handled and never sent', handled.uninvited),
    ...(promises.order === 'kept' ? brokenOrder(stream, isKept) : []),
    ...none('answered 200 and not stored', stream.notStored.filter(isKept)),
    ...none('stored twice', stream.storedTwice),
    ...none('stored and never sent', stream.storedUninvited),
    ...none('handled and not stored', stream.handledNotStored.filter(isKept)),
    ...brokenDeadLetters(counted.deadLetters, promises.deadLetters ?? {}),
    ...more(promises.attempts === 'none' ? (attemptsUsed ?? 0) : 0, 0, 'attempts used up'),
    ...beyond('until all was in the stream', counted.storedAfterMs, promises.storedWithinMs),
    ...beyond('p99 of the waits for a call', counted.waitP99Ms, promises.waitP99Ms),
    ...(promises.takeover === 'bounded' ? brokenTakeovers(counted.takeoverMs) : []),
    ...(isDrained ? [] : ['the workers were not done in time']),
  ];
}

/** What was handled before the stream was deleted may be sent again, and is then stored behind others. */
const brokenOrder = ({ reordered, overlapping }: Counted['stream'], isKept: (id: string) => boolean): string[] => [
  ...none('called before an earlier one of their conversation was done', reordered.filter(isKept)),
  ...none('called while another of their conversation was under way', overlapping),
];

function brokenDeadLetters(found: Counted['deadLetters'], promised: Readonly<Record<string, number>>): string[] {
  const reasons = new Set([...Object.keys(found), ...Object.keys(promised)]);
  return [...reasons].flatMap((reason) => {
    const [count, wanted] = [found[reason] ?? 0, promised[reason] ?? 0];
    return count === wanted ? [] : [`${count} dead letters ${reason}, ${wanted} promised`];
  });
}

const brokenTakeovers = (takeoverMs: Counted['takeoverMs']): string[] =>
  (['SIGKILL', 'SIGTERM'] as const).flatMap((by) =>
    beyond(`until another worker called after ${by}`, takeoverMs[by] ?? 0, TAKEOVER_MS[by]),
  );

/** Of ids, those that the stream was not deleted with. */
function keptBy({ handler, injections, promises, sent }: DrillEvidence): (id: string) => boolean {
  if (promises.stream !== 'deleted') return () => true;
  const untilMs = injections.reduce((ms, { forgottenAtMs = -Infinity }) => Math.max(ms, forgottenAtMs), -Infinity);
  const forgotten = sent.filter(({ attempts }) => attempts.some(({ atMs }) => atMs <= untilMs)).map(({ key }) => key);
  const ids = new Set(forgotten.flatMap((key) => [key, `${key}:${handler}`]));
  return (id) => !ids.has(id);
}

const underWayAtKills = (injections: readonly Injection[], sent: readonly Sent[]): number =>
  injections
    .flatMap(({ ended = [] }) => ended)
    .filter(({ container, by }) => container === 'ingress' && by === 'SIGKILL')
    .reduce((sum, { atMs }) => sum + underWay(sent, atMs, atMs + NOTICE_MS), 0);

const none = (what: string, which: readonly string[]): string[] => more(which.length, 0, what, which);

function more(count: number, allowed: number, what: string, which: readonly string[] = []): string[] {
  if (count <= allowed) return [];
  const some = which.length === 0 ? '' : `: ${which.slice(0, 3).join(', ')}${which.length > 3 ? ' …' : ''}`;
  return [`${count} ${what}, ${allowed} allowed${some}`];
}

const beyond = (what: string, ms: number, promisedMs = Infinity): string[] =>
  ms > promisedMs ? [`${what}: ${Math.round(ms)} ms, ${promisedMs} promised`] : [];
