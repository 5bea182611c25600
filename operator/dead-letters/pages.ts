import { pageForward } from './list.ts';
import type { Selection } from './selection.ts';
import type { DeadLetterStream } from './stream.ts';

export interface PagesRequest {
  readonly webhook: string;
  readonly selection: Selection;
  /** The last letter that there was when it was asked for: what dies again after that is not taken again. */
  readonly through: number;
  /** Letters to a page. */
  readonly size: number;
  readonly signal: AbortSignal;
}

/** The sequences of what is meant, in the order of the stream, each once. Reads on only as far as it is asked to. */
export async function* pagesOf(
  stream: DeadLetterStream,
  { webhook, selection, through, size, signal }: PagesRequest,
): AsyncGenerator<readonly number[], void, void> {
  switch (selection.kind) {
    case 'sequences': {
      const sequences = [...new Set(selection.sequences)].toSorted((a, b) => a - b);
      for (let i = 0; i < sequences.length; i += size) yield sequences.slice(i, i + size);
      return;
    }
    case 'matching':
      for (let from: number | null = 1; from !== null; ) {
        const request = { webhook, filter: selection.filter, limit: size, from, through, signal };
        const { items, next } = await pageForward(stream, request);
        yield items.map(({ sequence }) => sequence);
        from = next;
      }
  }
}
