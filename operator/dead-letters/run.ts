import * as z from 'zod';

/** What became of one letter. `done`: redriven, or dropped. `gone`: somebody else was first, or it has expired. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

const count = z.int().nonnegative();
const Counts = z.object({ done: count, refused: count, gone: count, failed: count });
type Counts = z.output<typeof Counts>;

const Progress = Counts.extend({ kind: z.literal('progress') });
const Ended = Counts.extend({
  kind: z.literal('ended'),
  /** `complete`: every letter that was meant has been dealt with. `stopped`: asked to. `broken`: it could not go on. */
  how: z.enum(['complete', 'stopped', 'broken']),
  /** Why it could not go on; empty otherwise. */
  why: z.string(),
  /** The first that were refused or failed. */
  problems: z.array(z.object({ sequence: z.int(), kind: z.enum(['refused', 'failed']), why: z.string() })),
});
/** How a run goes on, then how it ended. */
export const Report = z.discriminatedUnion('kind', [Progress, Ended]);
export type Report = z.output<typeof Report>;

export interface Task {
  /** The letters that are meant, by sequence. After each page there is a report. */
  readonly pages: AsyncIterable<readonly number[]>;
  /** Called for one letter after the other; what it returns runs beside that of others, begun in the order of the letters. */
  readonly begin: (sequence: number) => Promise<() => Promise<Outcome>>;
  /** Resolves when the next letter may be begun. */
  readonly pace: (signal: AbortSignal) => Promise<void>;
}

/** Letters whose second half is under way at once. */
const MAX_UNDER_WAY = 16;
/** What fails so often in a row will fail on. */
const MAX_FAILURES_IN_A_ROW = 10;
const MAX_PROBLEMS = 20;

/** Deals with letters page by page; ends early when asked to, or when nothing succeeds any more. Never throws. */
export async function* run(task: Task, signal: AbortSignal): AsyncGenerator<Report, void, void> {
  const tally = new Tally();
  const underWay = new Set<Promise<void>>();
  const isOver = (): boolean => signal.aborted || tally.failuresInARow >= MAX_FAILURES_IN_A_ROW;
  const start = (sequence: number, finish: () => Promise<Outcome>): void => {
    const ended = finish()
      .catch(failed)
      .then((outcome) => tally.add(sequence, outcome))
      .finally(() => underWay.delete(ended));
    underWay.add(ended);
  };
  let broken = '';
  try {
    for await (const page of task.pages) {
      for (const sequence of page) {
        await task.pace(signal);
        if (isOver()) break;
        const finish = await task.begin(sequence).catch((error: unknown) => async () => failed(error));
        start(sequence, finish);
        while (underWay.size >= MAX_UNDER_WAY) await Promise.race(underWay);
      }
      await Promise.all(underWay);
      if (isOver()) break;
      yield { kind: 'progress', ...tally.counts };
    }
  } catch (error) {
    broken = messageOf(error);
  } finally {
    await Promise.all(underWay);
  }
  if (tally.failuresInARow >= MAX_FAILURES_IN_A_ROW) {
    broken = `${MAX_FAILURES_IN_A_ROW} letters failed in a row, the last one so: ${tally.lastFailure}`;
  }
  const how = signal.aborted ? 'stopped' : broken === '' ? 'complete' : 'broken';
  yield { kind: 'ended', how, why: how === 'broken' ? broken : '', ...tally.counts, problems: tally.problems };
}

class Tally {
  readonly counts: Counts = { done: 0, refused: 0, gone: 0, failed: 0 };
  readonly problems: z.output<typeof Ended>['problems'] = [];
  failuresInARow = 0;
  lastFailure = '';

  add(sequence: number, outcome: Outcome): void {
    this.counts[outcome.kind] += 1;
    switch (outcome.kind) {
      case 'done':
      case 'gone':
        this.failuresInARow = 0;
        return;
      case 'refused':
        return this.#keep({ sequence, ...outcome });
      case 'failed':
        this.failuresInARow += 1;
        this.lastFailure = outcome.why;
        return this.#keep({ sequence, ...outcome });
    }
  }

  #keep(problem: z.output<typeof Ended>['problems'][number]): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}

const failed = (error: unknown): Outcome => ({ kind: 'failed', why: messageOf(error) });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
