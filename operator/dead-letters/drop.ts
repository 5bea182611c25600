import { readSubject } from './entry.ts';
import { pagesOf } from './pages.ts';
import { type Outcome, type Report, run } from './run.ts';
import type { Selection } from './selection.ts';
import type { DeadLetterStream } from './stream.ts';

export interface DropRequest {
  readonly webhook: string;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  /** Told of each letter that was removed. */
  readonly onDropped: (sequence: number) => void;
}

const PAGE = 500;

/**
 * Removes letters for good. Those that are named one by one are overwritten on the disk as well, which rewrites the file
 * they lie in and takes some 20 ms each; of the many that a filter finds the space is only given back.
 */
export async function* drop(
  stream: DeadLetterStream,
  { webhook, selection, signal, onDropped }: DropRequest,
): AsyncGenerator<Report, void, void> {
  const { last } = await stream.bounds();
  const overwrite = selection.kind === 'sequences';
  yield* run(
    {
      pages: pagesOf(stream, { webhook, selection, through: last, size: PAGE, signal }),
      pace: async () => undefined,
      begin: async (sequence) => {
        const letter = await stream.read(sequence);
        if (letter === null || readSubject(letter.subject).webhook !== webhook) return async () => GONE;
        return async () => {
          if (!(await stream.remove(sequence, { overwrite }))) return GONE;
          onDropped(sequence);
          return { kind: 'done' };
        };
      },
    },
    signal,
  );
}

const GONE: Outcome = { kind: 'gone' };
