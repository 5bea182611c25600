import { setMaxListeners } from 'node:events';
import { InvalidArgumentError } from 'commander';

export interface Interruption {
  /** Aborted by Ctrl-C and its like, by {@link end}, or when the bench has taken too long. */
  readonly signal: AbortSignal;
  readonly end: (reason: Error) => void;
}

/** A second Ctrl-C does not wait for what is being cleaned up. */
export function interruption(deadlineMs: number): Interruption {
  const interrupted = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), interrupted.signal]);
  setMaxListeners(0, signal);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort(new Error('interrupted'));
    });
  }
  return { signal, end: (reason) => interrupted.abort(reason) };
}

/** Runs to the end, says what went wrong, and ends the process. */
export async function runToEnd(running: Promise<unknown>, { signal }: Interruption): Promise<never> {
  await running.catch((thrown: unknown) => {
    // Whatever waits when it is aborted says no more than that.
    const error: unknown = signal.aborted ? signal.reason : thrown;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
  // See the end of cli/main.ts.
  process.exit();
}

/** Argument of an option. @throws InvalidArgumentError */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}
