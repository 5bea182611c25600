import { pauses } from '#cli/local/pauses.ts';
import type { Random } from '#services/simulator/random.ts';
import { type ChangeCounts, changeResources } from './changes.ts';
import type { Cluster, Replica } from './cluster.ts';
import { collectGarbage } from './collect.ts';
import { breakThings } from './faults.ts';
import { settle, survey } from './settled.ts';
import { type Evidence, MAX_SETTLE_MS } from './verdict.ts';
import { type Watched, watchReplicas } from './watch-replicas.ts';

interface SoakOptions {
  readonly durationMs: number;
  /** Of changes and of faults, anew for each round. */
  readonly draws: (of: 'changes' | 'faults', round: number) => Random;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What has happened so far. */
interface Book {
  readonly beganMs: number;
  readonly changes: ChangeCounts;
  readonly faults: string[];
  readonly pauses: Evidence['pauses'][number][];
  readonly accidents: string[];
  readonly watched: Watched;
}

/** Of changes and faults, before each pause. */
const ROUND_MS = 45_000;
const PROGRESS_MS = 10_000;

const replicasOf = ({ survivor, mortal }: Cluster): Replica[] => [survivor, mortal];
const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;
const at = ({ beganMs }: Book): string => `${secondsSince(beganMs).toFixed(0).padStart(5)} s`;

/**
 * Rounds of changes and faults, each with a pause behind it, until the time is over.
 * @throws the reason of the signal; whatever else fails is an accident, and ends the rounds
 */
export async function soak(cluster: Cluster, options: SoakOptions): Promise<Evidence> {
  const { durationMs, signal } = options;
  const samples: Watched['samples'] = new Map(replicasOf(cluster).map(({ name }) => [name, []]));
  const watched: Watched = { samples, totals: [], doubleLeaders: 0 };
  const changes: ChangeCounts = { written: 0, deleted: 0, failed: 0 };
  const book: Book = { beganMs: performance.now(), changes, faults: [], pauses: [], accidents: [], watched };
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, signal]);
  const watching = Promise.all([
    watchReplicas(replicasOf(cluster), watched, either),
    collectGarbage(cluster, either),
    tellProgress(cluster, book, { ...options, signal: either }),
  ]);
  try {
    for (let round = 0; performance.now() - book.beganMs < durationMs; round += 1) {
      book.pauses.push(await playRound(cluster, book, { ...options, round }));
    }
  } catch (error) {
    signal.throwIfAborted();
    book.accidents.push(String(error));
  } finally {
    over.abort();
    await watching;
  }
  if (!cluster.survivor.operator.child.isRunning) book.accidents.push('the survivor has ended');
  const leaders = leadersOf(watched);
  return {
    ...book,
    ...watched,
    seconds: secondsSince(book.beganMs),
    survivor: samples.get(cluster.survivor.name) ?? [],
    handOvers: leaders.filter((name, i) => i > 0 && name !== leaders[i - 1]).length,
  };
}

/** Resources change and things break; then both are left in peace, and every status has to become right. */
async function playRound(
  cluster: Cluster,
  book: Book,
  { durationMs, draws, print, signal, round }: SoakOptions & { round: number },
): Promise<Evidence['pauses'][number]> {
  const ended = new AbortController();
  const until = { counts: book.changes, signal: AbortSignal.any([ended.signal, signal]) };
  const changing = changeResources(cluster, draws('changes', round), until);
  const endMs = Math.min(performance.now() + ROUND_MS, book.beganMs + durationMs);
  try {
    await breakThings(cluster, draws('faults', round), { endMs, signal, onFault: (name) => book.faults.push(name) });
  } finally {
    ended.abort();
    await changing;
  }
  const startMs = performance.now();
  const unsettled = await settle(cluster, MAX_SETTLE_MS);
  const settledMs = performance.now() - startMs;
  const result = unsettled.length === 0 ? 'all right' : `not right: ${unsettled.join('; ')}`;
  print(`${at(book)} pause ${round + 1}: ${result} after ${(settledMs / 1000).toFixed(1)} s`);
  return { settledMs, unsettled };
}

async function tellProgress(cluster: Cluster, book: Book, { print, signal }: SoakOptions): Promise<void> {
  const { watched, faults } = book;
  try {
    for await (const _ of pauses(PROGRESS_MS, signal)) {
      const now = await survey(cluster).catch(() => null);
      const resources = now === null ? 'no API server' : `${now.count} resources, ${now.unsettled.length} to do`;
      const leader = leadersOf(watched).at(-1) ?? 'nobody';
      const memory = Array.from(watched.samples, ([name, all]) => `${name} ${all.at(-1)?.rssMb.toFixed(0) ?? '-'} MB`);
      const rate = (watched.totals.at(-1)?.requests ?? 0) / secondsSince(book.beganMs);
      const last = faults.at(-1) ?? 'no fault yet';
      print(`${at(book)} ${resources}; ${leader} leads; ${memory.join(', ')}; ${rate.toFixed(1)} requests/s; ${last}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Who led, second by second, while anybody did. */
const leadersOf = ({ samples }: Watched): string[] =>
  Array.from(samples)
    .flatMap(([name, all]) => all.filter(({ leads }) => leads).map(({ atMs }) => ({ name, atMs })))
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ name }) => name);
