import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '#services/simulator/random.ts';
import type { OperatorProcess } from '#test/support/operator-process.ts';
import { until } from '#test/support/until.ts';
import type { Installation } from './installation.ts';

/** Between one kill and the next: some are sooner than a lease runs out, some later. */
const PEACE_MS = { from: 2_000, to: 18_000 };
const DOWN_MS = { from: 0, to: 4_000 };
/** NATS is left alone for longer: while it is away nothing can come to its end. */
const NATS_PEACE_MS = { from: 15_000, to: 45_000 };
const NATS_DOWN_MS = { from: 200, to: 6_000 };
const START_TIMEOUT_MS = 120_000;

interface Breaking {
  readonly signal: AbortSignal;
  /** Told of each before it begins. */
  readonly onFault: (name: string) => void;
}

/** Kills replicas, mostly the one that leads, until the signal fires; then both run. */
export async function killOperators(
  { operators }: Installation,
  random: Random,
  { signal, onFault }: Breaking,
): Promise<void> {
  while (await slept(random, PEACE_MS, signal)) {
    const victims = random.oneIn(5) ? operators : [await victimAmong(operators, random)];
    const by = random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM'] as const);
    onFault(`${victims.length === 1 ? 'a replica' : 'both replicas'} ended by ${by}`);
    await Promise.all(victims.map(({ child }) => child.stop(by)));
    await slept(random, DOWN_MS, signal);
    await Promise.all(victims.map(startAgain));
  }
}

/** Kills NATS now and then until the signal fires; then it runs. */
export async function restartNats(
  { nats }: Installation,
  random: Random,
  { signal, onFault }: Breaking,
): Promise<void> {
  while (await slept(random, NATS_PEACE_MS, signal)) {
    onFault('NATS killed');
    await nats.kill();
    await slept(random, NATS_DOWN_MS, signal);
    await nats.restart();
  }
}

/** On a machine that others load as well a start may take longer than it is given. */
async function startAgain({ child }: OperatorProcess): Promise<void> {
  const starts = async () => {
    await child.restart();
    return true;
  };
  await until(starts, { describe: 'a replica to start', timeoutMs: START_TIMEOUT_MS });
}

async function victimAmong([a, b]: Installation['operators'], random: Random): Promise<OperatorProcess> {
  const other = random.oneIn(3);
  const leads = await a.leads().catch(() => false);
  return leads === other ? b : a;
}

/** Whether the whole time passed. */
async function slept(random: Random, { from, to }: typeof PEACE_MS, signal: AbortSignal): Promise<boolean> {
  await delay(from + random.int(to - from), undefined, { signal }).catch(() => {});
  return !signal.aborted;
}
