import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What came of one request that was sent alone. */
export interface Outcome {
  /** Names and status codes under which it was counted, sorted: `stored 200`. */
  readonly counted: readonly string[];
  /** Whether the other side ended the connection. */
  readonly isClosed: boolean;
}

/** A request that was found, and what has to come of it again. */
export interface Entry extends Outcome {
  /** Its file, named by what came of it: `closed--200-stored+400-bad_request--1f2e3d4c.http`. */
  readonly name: string;
  readonly bytes: Buffer;
}

const FOLDER = fileURLToPath(new URL('./corpus', import.meta.url));
const MAX_ENTRIES = 100;
const MAX_ENTRY_BYTES = 2_000;
const MAX_PER_OUTCOME = 3;
/** More than so many answers on one connection are nothing new. */
const MAX_ANSWERS = 3;

export const loadCorpus = (): Entry[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.http'))
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(join(FOLDER, name)), ...parseOutcome(name) }));

/** At most 100 × 2 kB, three for each outcome, and only what comes to the same each time. */
export function isWorthKeeping(corpus: readonly Entry[], bytes: Buffer, outcome: Outcome): boolean {
  const { counted } = outcome;
  if (bytes.length > MAX_ENTRY_BYTES || counted.length > MAX_ANSWERS || corpus.length >= MAX_ENTRIES) return false;
  // What is no request ends its connection at once, and with it, or not, the answer to the one before.
  if (counted.length > 1 && counted.includes('bad_request 400')) return false;
  if (corpus.some((entry) => entry.bytes.equals(bytes))) return false;
  return corpus.filter((entry) => outcomeName(entry) === outcomeName(outcome)).length < MAX_PER_OUTCOME;
}

/** Writes a request into the corpus, under what has to come of it. */
export function keep(bytes: Buffer, outcome: Outcome): Entry {
  const name = `${outcomeName(outcome)}--${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.http`;
  writeFileSync(join(FOLDER, name), bytes);
  return { name, bytes, ...outcome };
}

/** The status codes among them, sorted. */
export const codesOf = (counted: readonly string[]): number[] =>
  counted.map((name) => Number(name.split(' ')[1])).toSorted(byNumber);

export const byNumber = (a: number, b: number): number => a - b;

/** Fails when it is sent again, until somebody has found out what it should come to. */
export const UNEXPLAINED: Outcome = { counted: ['unexplained 0'], isClosed: false };

const NO_ANSWER = 'none';

function outcomeName({ counted, isClosed }: Outcome): string {
  const answers = counted.map((name) => name.split(' ').toReversed().join('-')).join('+');
  return `${isClosed ? 'closed' : 'kept'}--${answers === '' ? NO_ANSWER : answers}`;
}

function parseOutcome(name: string): Outcome {
  const [end, answers = NO_ANSWER] = name.split('--');
  const counted = answers === NO_ANSWER ? [] : answers.split('+').map((each) => each.split('-').toReversed().join(' '));
  return { counted, isClosed: end === 'closed' };
}
