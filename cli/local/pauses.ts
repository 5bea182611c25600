import { setTimeout as delay } from 'node:timers/promises';

/**
 * Yields after each pause, for loops that ask again and again. The pause begins when the body has ended, unlike with
 * `setInterval` of `node:timers/promises`, which makes up for every tick that a slow body missed, at once.
 * @throws AbortError when aborted
 */
export async function* pauses(pauseMs: number, signal: AbortSignal): AsyncGenerator<void, never, void> {
  for (;;) {
    await delay(pauseMs, undefined, { signal });
    yield;
  }
}
