import { once } from 'node:events';
import { asError, type Logger } from './logger.ts';

/** One thing to stop, and how long it may take. */
export interface Stop {
  readonly name: string;
  readonly deadlineMs: number;
  run(): Promise<void> | void;
}

/** Resolves with the signal's name when the process is asked to end. A second signal ends it at once, with exit code 1. */
export async function untilAskedToEnd(): Promise<NodeJS.Signals> {
  const asked = new AbortController();
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];
  const first = await Promise.race(
    signals.map(async (signal) => {
      await once(process, signal, { signal: asked.signal });
      return signal;
    }),
  );
  asked.abort();
  for (const signal of signals) process.once(signal, () => process.exit(1));
  return first;
}

/** What the process cannot start without. Where it fails, one line says why, and the process ends with exit code 1. */
export async function required<T>(starting: Promise<T>, logger: Logger): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    logger.fatal({ err: asError(error) }, 'cannot start');
    process.exit(1);
  }
}

/**
 * From now on a fault that nobody caught, be it thrown or the rejection of a promise that nobody waits for, ends the
 * process at once, with exit code 1. What it was about to do is not done and what it holds is not released, but expires:
 * nobody knows what state it is in. One line says what it was, without the error's fields, which may hold anything.
 */
export function endOnFault(logger: Logger): void {
  // Of a rejection Node makes an exception, where nobody listens for those.
  process.on('uncaughtException', (thrown, origin) => {
    const { message, stack } = asError(thrown);
    const err = new Error(message);
    if (stack !== undefined) err.stack = stack;
    logger.fatal({ origin, err }, 'ended by a fault');
    process.exit(1);
  });
}

/**
 * Runs the stops in order, each within its deadline; one that fails or runs over is logged and does not hold the rest.
 * @returns whether all of them ended well
 */
export async function stopAll(stops: readonly Stop[], logger: Logger): Promise<boolean> {
  let clean = true;
  for (const stop of stops) {
    const problem = await runWithin(stop);
    if (problem === null) continue;
    clean = false;
    logger.error({ step: stop.name, err: problem }, 'stop step failed');
  }
  return clean;
}

async function runWithin(stop: Stop): Promise<Error | null> {
  const timer = Promise.withResolvers<Error>();
  const handle = setTimeout(() => timer.resolve(new Error(`not done within ${stop.deadlineMs} ms`)), stop.deadlineMs);
  const run = (async () => stop.run())().then(() => null, asError);
  const result = await Promise.race([run, timer.promise]);
  clearTimeout(handle);
  return result;
}
