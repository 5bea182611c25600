import type { Drainer } from './drain.ts';
import { note } from './figure.ts';
import type { Call } from './handler-book.ts';

/** What a handler is told; all else is of the HTTP client. */
const TOLD = /^(?:ce-|content-type$|idempotency-key$|traceparent$|x-)/i;

/**
 * Compares what the programs called with for the same messages: the newest of each key, headers and body.
 * @throws Error naming the first that differs
 */
export async function assertSameCalls(drainers: readonly Drainer[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const { handler, book } of drainers) {
    const latest = await book.latest();
    if (latest.size === 0 || (seen.size > 0 && seen.size !== latest.size)) {
      throw new Error(`${handler} called for ${latest.size} keys, the others for ${seen.size}`);
    }
    for (const [key, call] of latest) {
      const shape = shapeOf(call, handler);
      const other = seen.get(key) ?? shape;
      if (other !== shape) throw new Error(`${handler} called with ${shape}, the others with ${other}`);
      seen.set(key, shape);
    }
  }
  note(`${drainers.map(({ handler }) => handler).join(', ')}: calls for ${seen.size} keys are the same`);
}

/** Without what differs from one handler to another, and the id of the span, which is random. */
function shapeOf({ ordinal, headers, crc32 }: Call, handler: string): string {
  const told = Object.entries(headers)
    .filter(([name]) => TOLD.test(name))
    .map(([name, [value = '']]) => [name.toLowerCase(), withoutOwn(name.toLowerCase(), value, handler)])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify({ ordinal, told, crc32 });
}

function withoutOwn(name: string, value: string, handler: string): string {
  if (name === 'idempotency-key' && value.endsWith(`:${handler}`)) return value.slice(0, -handler.length);
  return name === 'traceparent' ? value.replace(/-[0-9a-f]{16}-/, '-span-') : value;
}
