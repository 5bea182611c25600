import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import type { Local } from '#cli/local/up.ts';
import { slotsOf } from '#shared/contract.ts';
import { slotOf } from '#shared/key.ts';
import { containerOf, inItsPlace, pidOf } from './candidate.ts';
import type { DrainBench, Drainer } from './drain.ts';
import { note, type Series } from './figure.ts';
import { conversationId } from './load.ts';
import type { Shares } from './shares.ts';

const ROUNDS = 3;
const KEYS = 200;
/** So that calls, and with them claims, are under way at any time. */
const CALL_MS = 20;
/** What both have to do when one of them goes: so many messages of each key, a third of them done. */
const MESSAGES_PER_KEY = 3;

export interface TakeoverDeps {
  readonly local: Local;
  readonly drainer: Drainer;
  readonly shares: Shares;
  readonly bench: DrainBench;
  /** Told which pod is about to go on purpose. */
  readonly onPurpose: (pod: Pod) => void;
}

interface Takeover {
  /** Until a key of the worker that went was called again, and until all of them were. */
  readonly firstMs: number;
  readonly allMs: number;
}

/**
 * One of two workers goes, in the middle of calls; at once a message is stored for each key that was its own. Counted
 * until the other calls for the first of these messages, and for the last: it has to wait for calls that the one that
 * went has left unfinished. The order of every key is looked after all along.
 */
export async function measureTakeovers(deps: TakeoverDeps): Promise<Series> {
  const { local, drainer, bench } = deps;
  const argv = containerOf(drainer.pod).argv;
  const [second] = await local.startPods([await inItsPlace(drainer.pod, 'second', argv)], bench.signal);
  if (second === undefined) throw new Error('the second worker did not start');
  const pods = [drainer.pod, second];
  await bench.backlog.resume(drainer.consumers);
  const killed = await rounds('SIGKILL', pods, deps);
  const ended = await rounds('SIGTERM', pods, deps);
  const ms = (values: readonly number[]) => ({ values, unit: 'ms' });
  return {
    takeover_kill_ms: ms(killed.map(({ firstMs }) => firstMs)),
    takeover_kill_all_ms: ms(killed.map(({ allMs }) => allMs)),
    takeover_term_ms: ms(ended.map(({ firstMs }) => firstMs)),
    takeover_term_all_ms: ms(ended.map(({ allMs }) => allMs)),
  };
}

async function rounds(signal: 'SIGKILL' | 'SIGTERM', pods: readonly Pod[], deps: TakeoverDeps): Promise<Takeover[]> {
  const takeovers: Takeover[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [goes] = pods.slice(round % pods.length);
    if (goes === undefined) throw new Error('there is no worker');
    await deps.shares.untilSpread(
      pods.map(({ plan }) => plan.name),
      deps.bench.signal,
    );
    const takeover = await takeOver(goes, signal, deps);
    note(`${signal}: first ${takeover.firstMs.toFixed(0)} ms, all ${takeover.allMs.toFixed(0)} ms`);
    takeovers.push(takeover);
  }
  return takeovers;
}

async function takeOver(goes: Pod, signal: 'SIGKILL' | 'SIGTERM', deps: TakeoverDeps): Promise<Takeover> {
  const { drainer, shares, bench, onPurpose } = deps;
  const { backlog } = bench;
  const { book } = drainer;
  const keys = Array.from({ length: KEYS }, (_, i) => i);
  await backlog.purge();
  await book.begin(CALL_MS);
  const slots = shares.of(goes.plan.name).flatMap(slotsOf);
  const orphans = keys.filter((key) => slots.includes(slotOf({ kind: 'conversation', id: conversationId(key) })));
  await backlog.store(Array.from({ length: MESSAGES_PER_KEY }, () => keys).flat());
  for await (const _ of pauses(5, bench.signal)) if ((await book.summary()).calls >= KEYS) break;
  onPurpose(goes);
  shares.forget(goes.plan.name);
  const restart = goes.hold(containerOf(goes).name);
  const wentMs = Date.now();
  process.kill(pidOf(goes), signal);
  const lastBefore = backlog.ordinal;
  await backlog.store(orphans);
  const stored = MESSAGES_PER_KEY * KEYS + orphans.length;
  for await (const _ of pauses(50, bench.signal)) {
    const { calls, repeated } = await book.summary();
    if (calls - repeated === stored) break;
  }
  restart();
  const { outOfOrder, repeated } = await book.summary();
  if (outOfOrder > 0) throw new Error(`${outOfOrder} calls were out of order after ${signal}`);
  note(`${orphans.length} keys were taken over, ${repeated} calls repeated`);
  const times = [...(await book.latest()).values()]
    .filter(({ ordinal }) => ordinal > lastBefore)
    .map(({ atMs }) => atMs - wentMs);
  await backlog.untilDrained(drainer.consumers, bench.signal);
  return { firstMs: Math.min(...times), allMs: Math.max(...times) };
}
