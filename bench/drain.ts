import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import type { Backlog } from './backlog.ts';
import { pidOf } from './candidate.ts';
import type { HandlerBook } from './handler-book.ts';
import { cpuSecondsOf } from './process-cost.ts';

/** A program that works off the messages of one handler. */
export interface Drainer {
  readonly handler: string;
  readonly consumers: readonly string[];
  readonly isOrdered: boolean;
  readonly pod: Pod;
  readonly book: HandlerBook;
}

/** What all drains of one bench share. */
export interface DrainBench {
  readonly backlog: Backlog;
  readonly broker: Pod;
  readonly signal: AbortSignal;
}

export interface Drained {
  readonly perSecond: number;
  /** Microseconds of CPU per message, of the program and of the broker. */
  readonly cpuUs: number;
  readonly brokerCpuUs: number;
}

/** As the claims end that were taken once, and finished. */
const DONE = JSON.stringify({ v: 1, state: 'done', attempts: 0, misses: 0, crashes: 0, outcome: 'handled' });

/**
 * Lets a program work off what is in the stream, and reads what it cost; before and after it is idle.
 * @param count how many messages that are
 * @throws Error where a message was called twice, not in the order of its key, or not noted as done
 */
export async function drain(
  drainer: Drainer,
  count: number,
  { backlog, broker, signal }: DrainBench,
): Promise<Drained> {
  const { handler, book, consumers, isOrdered } = drainer;
  await book.begin();
  const pids = [pidOf(drainer.pod), pidOf(broker)] as const;
  const before = await Promise.all(pids.map(cpuSecondsOf));
  await backlog.resume(consumers);
  for await (const _ of pauses(50, signal)) if ((await book.summary()).calls >= count) break;
  await backlog.untilDrained(consumers, signal);
  const after = await Promise.all(pids.map(cpuSecondsOf));
  await backlog.pause(consumers);
  const { calls, repeated, outOfOrder, firstMs, lastMs } = await book.summary();
  const records = await backlog.records(handler);
  const problems = [
    ...(calls === count ? [] : [`${calls} calls for ${count} messages`]),
    ...(repeated === 0 ? [] : [`${repeated} repeated`]),
    ...(outOfOrder === 0 || !isOrdered ? [] : [`${outOfOrder} out of order`]),
    ...(records.get(DONE) === count ? [] : [`claims are ${JSON.stringify(Object.fromEntries(records))}`]),
  ];
  if (problems.length > 0) throw new Error(`${handler}: ${problems.join(', ')}`);
  const [cpuUs = 0, brokerCpuUs = 0] = after.map((seconds, i) => ((seconds - (before[i] ?? 0)) * 1e6) / count);
  return { perSecond: (count * 1000) / (lastMs - firstMs), cpuUs, brokerCpuUs };
}
