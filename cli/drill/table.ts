import { styleText } from 'node:util';
import type { DrillResult } from './run-drill.ts';

/** `void`: the drill shows nothing, however good it looks. */
type Judgement = 'kept' | 'broken' | 'void';

/** One drill in one line, for people or, as JSON, for programs. Times in ms. */
export interface Line {
  readonly drill: string;
  readonly judgement: Judgement;
  readonly seed: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** As Intercom counts them. */
  readonly errors: number;
  /** Notifications that were never acknowledged, at no attempt: Intercom has given them up. */
  readonly givenUp: number;
  readonly lost: number;
  readonly handledTwice: number;
  readonly repeatedCalls: number;
  readonly reordered: number;
  readonly overlapping: number;
  readonly p999Ms: number;
  readonly longestMs: number;
  readonly storedAfterMs: number;
  readonly drainMs: number;
  /** 99 % of what the faults were not about was called so soon after it was stored, from the first fault on. */
  readonly waitP99Ms: number;
  /** The longest that a conversation waited for another worker, after SIGKILL and after SIGTERM to its own. */
  readonly takeoverMs: Readonly<Record<'SIGKILL' | 'SIGTERM', number | null>>;
  readonly retries: number;
  /** How many, by their reasons. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** What shows that each fault took effect. */
  readonly proofs: readonly (string | null)[];
  /** How long the drill's own process had to wait for a core, at most, while there were faults. */
  readonly heldUpMs: number;
  readonly faults: readonly string[];
  readonly broken: readonly string[];
  readonly hollow: readonly string[];
}

export const lineOf = ({ name, seed, sent, faults, proofs, heldUpMs, ...verdict }: DrillResult): Line => ({
  drill: name,
  judgement: judgementOf(verdict),
  seed,
  sent,
  acknowledged: verdict.handled.acknowledged,
  errors: verdict.answers.errors,
  givenUp: verdict.answers.unacknowledged,
  lost: verdict.handled.lost.length,
  handledTwice: verdict.handled.handledTwice.length,
  repeatedCalls: verdict.handled.repeatedCalls,
  reordered: verdict.stream.reordered.length,
  overlapping: verdict.stream.overlapping.length,
  p999Ms: Math.round(verdict.answers.p999Ms),
  longestMs: Math.round(verdict.answers.longestMs),
  storedAfterMs: Math.round(verdict.storedAfterMs),
  drainMs: Math.round(verdict.drainMs),
  waitP99Ms: Math.round(verdict.waitP99Ms),
  takeoverMs: verdict.takeoverMs,
  retries: verdict.handled.retries,
  deadLetters: verdict.deadLetters,
  proofs,
  heldUpMs: Math.max(0, Math.round(heldUpMs)),
  faults,
  broken: verdict.broken,
  hollow: verdict.hollow,
});

/** What shows nothing is not kept, and what is broken is worse. */
export function judgementOf({ broken, hollow }: Pick<DrillResult, 'broken' | 'hollow'>): Judgement {
  if (broken.length > 0) return 'broken';
  return hollow.length > 0 ? 'void' : 'kept';
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly value: (line: Line) => string;
}

const number = (title: string, width: number, value: (line: Line) => number): Column => ({
  title,
  width,
  value: (line) => String(value(line)).padStart(width),
});

const COLUMNS: readonly Column[] = [
  { title: 'drill', width: 18, value: ({ drill }) => drill },
  number('sent', 6, ({ sent }) => sent),
  number('errors', 6, ({ errors }) => errors),
  number('given up', 8, ({ givenUp }) => givenUp),
  number('lost', 4, ({ lost }) => lost),
  number('twice', 5, ({ handledTwice }) => handledTwice),
  number('repeated', 8, ({ repeatedCalls }) => repeatedCalls),
  number('reordered', 9, ({ reordered }) => reordered),
  number('overlapping', 11, ({ overlapping }) => overlapping),
  number('p99.9', 7, ({ p999Ms }) => p999Ms),
  number('longest', 7, ({ longestMs }) => longestMs),
  number('stored', 6, ({ storedAfterMs }) => storedAfterMs),
  number('drain', 7, ({ drainMs }) => drainMs),
  number('wait', 6, ({ waitP99Ms }) => waitP99Ms),
  { title: 'takeover', width: 10, value: ({ takeoverMs }) => takeover(takeoverMs).padStart(10) },
];

/** After SIGKILL, or SIGTERM, or both. */
const takeover = ({ SIGKILL, SIGTERM }: Line['takeoverMs']): string =>
  [SIGKILL, SIGTERM].flatMap((ms) => (ms === null ? [] : String(Math.round(ms)))).join('/') || '-';

/** The titles above {@link formatLine}. */
export const HEADING = COLUMNS.map(({ title, width }, i) => (i === 0 ? title.padEnd(width) : title.padStart(width)))
  .join('  ')
  .concat('  promises');

/** A process that runs when it wants to is held up for less. */
const BUSY_MS = 50;

/** One line, and below it one for each reason why it is not kept. */
export function formatLine(line: Line): string {
  const cells = COLUMNS.map(({ width, value }) => value(line).padEnd(width));
  const isBusy = line.judgement === 'broken' && line.heldUpMs > BUSY_MS;
  const busy = isBusy ? [`this machine is busy: the drill itself was held up for ${line.heldUpMs} ms`] : [];
  const reasons = [...line.broken, ...line.hollow, ...busy].map((reason) => `    ${reason}`);
  return [`${cells.join('  ')}  ${MARKS[line.judgement]()}`, ...reasons].join('\n');
}

const MARKS: Readonly<Record<Judgement, () => string>> = {
  kept: () => styleText('green', '✓ kept'),
  broken: () => styleText('red', '✗ broken'),
  void: () => styleText('yellow', '? shows nothing'),
};
