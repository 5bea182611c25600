import type { Intercom } from '#cli/judge/intercom.ts';
import { quantile } from '#cli/judge/judge.ts';
import { pauses } from '#cli/local/pauses.ts';
import { median, note } from './figure.ts';

/** Notifications a second. */
export const RATE = 500;
/** Compilers and caches are cold at first; what is sent in this time is not measured. */
const WARM_UP_SECONDS = 5;
/**
 * A machine that stands still for 100 ms is all of the slowest hundredth of 10 s, and says nothing of the line: so each takes
 * several turns, and its p99 is the median of theirs.
 */
const TURNS = 6;
const TURN_SECONDS = 10;

/** An ingress and a worker with what is between them. */
export interface Line {
  readonly name: string;
  /** Of its ingress, and the secret to sign with. */
  readonly url: string;
  readonly secret: string;
  /** Seconds of CPU that its ingress and its worker have taken so far. */
  readonly cpuSeconds: () => Promise<readonly number[]>;
}

export interface Ends {
  readonly intercom: Intercom;
  /** When the handler was first called for each notification, by `<app_id>:<id>`. */
  readonly firstCallMs: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
}

/** Of one line, one of each turn. */
export interface Turns {
  readonly p50Ms: readonly number[];
  readonly p99Ms: readonly number[];
  /** Of ingress and worker, for one notification. */
  readonly cpuUs: readonly (readonly number[])[];
}

/** Sends to each line in turn, at the same rate, while the others have nothing to do. */
export async function takeTurns(lines: readonly Line[], ends: Ends): Promise<readonly Turns[]> {
  let seed = 0;
  const sendTo = (line: Line, seconds: number) => {
    seed += 1;
    return sendThrough(line, { seconds, seed }, ends);
  };
  for (const line of lines) await sendTo(line, WARM_UP_SECONDS);
  const all = lines.map(() => ({ p50Ms: [] as number[], p99Ms: [] as number[], cpuUs: [] as number[][] }));
  for (let turn = 0; turn < TURNS; turn += 1) {
    // The first of one turn is the last of the next.
    const order = Array.from(lines.entries());
    for (const [i, line] of turn % 2 === 0 ? order : order.toReversed()) {
      const before = await line.cpuSeconds();
      const latenciesMs = await sendTo(line, TURN_SECONDS);
      const after = await line.cpuSeconds();
      all[i]?.p50Ms.push(quantile(latenciesMs, 0.5));
      all[i]?.p99Ms.push(quantile(latenciesMs, 0.99));
      all[i]?.cpuUs.push(after.map((seconds, of) => ((seconds - (before[of] ?? 0)) * 1e6) / latenciesMs.length));
    }
  }
  for (const [i, { name }] of lines.entries())
    note(`${name}: p99 of each turn ${all[i]?.p99Ms.map(Math.round).join(', ')} ms`);
  return all;
}

/** @returns ms from the first attempt to the handler's first call, sorted */
async function sendThrough(
  { name, url, secret }: Line,
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
  { intercom, firstCallMs, signal }: Ends,
): Promise<number[]> {
  const { saved } = await intercom.saveUrl({ url, secret, appId: 'abc12345' });
  if (!saved) throw new Error(`${name}: the URL ${url} was not taken`);
  const count = RATE * seconds;
  note(`${name}: ${count} notifications at ${RATE}/s`);
  const [calledBefore, sinceMs] = [firstCallMs.size, Date.now()];
  await intercom.send({ count, ratePerSecond: RATE, seed, conversations: 1000 });
  for await (const _ of pauses(250, signal)) if (firstCallMs.size >= calledBefore + count) break;
  return (await intercom.notifications())
    .filter(({ kind, sentAtMs }) => kind === 'good' && sentAtMs >= sinceMs)
    .map(({ key, attempts, sentAtMs }) => (firstCallMs.get(key) ?? Infinity) - (attempts[0]?.atMs ?? sentAtMs))
    .toSorted((a, b) => a - b);
}

/** The median over the turns of what each turn's place in a list is. */
export const medianOf = (lists: readonly (readonly number[])[], place: number): number =>
  median(lists.map((each) => each[place] ?? Number.NaN));
