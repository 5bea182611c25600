import { once } from 'node:events';
import { pino } from 'pino';
import { expect } from 'vitest';
import { type Call, isDone, judge, type Kill } from '#cli/judge/judge.ts';
import { judgeAnswers, underWay } from '#cli/judge/judge-answers.ts';
import type { usualTopics } from '#services/simulator/catalogue.ts';
import type { NotificationLine } from '#services/simulator/ledger.ts';
import { type Simulator, startSimulator } from '#services/simulator/simulator.ts';
import { until } from '#test/support/until.ts';

/** Notifications a second while something is done to the cluster. */
const RATE = 100;
/** One run of the simulator; the next begins when it has been sent. */
const CHUNK_MS = 4_000;
/** Before and after what is done. */
const MARGIN_MS = 2_000;

/** Intercom, which tries again after three seconds so that nobody waits for its minute. */
export const startIntercom = (): Promise<Simulator> =>
  startSimulator({ logger: pino({ level: 'silent' }), retryAfterMs: 3_000 });

export interface Outcome {
  readonly sent: readonly NotificationLine[];
  readonly errors: number;
  readonly errorKinds: Readonly<Record<string, number>>;
  /** Requests under way when the first of what was killed died, or sent while Kubernetes still led some to it. */
  readonly exposed: number;
  readonly lost: number;
  readonly handledTwice: number;
  readonly repeatedCalls: number;
  readonly uninvited: number;
  readonly p999Ms: number;
  readonly seconds: number;
}

export interface Loaded {
  readonly intercom: Simulator;
  readonly handler: string;
  readonly calls: () => readonly Call[];
  readonly topics: typeof usualTopics;
}

/** A kill, and until when requests were led to what had died. */
export interface Death extends Kill {
  readonly unroutedAtMs?: number;
}

/** Sends all the time while something is done, waits until all that was answered 200 is handled, and judges it. */
export async function underLoad(loaded: Loaded, act: () => Promise<readonly Death[]>): Promise<Outcome> {
  const { intercom, handler, calls } = loaded;
  const begun = Date.now();
  const runs: string[] = [];
  const enough = new AbortController();
  const sending = sendUntil(loaded, enough.signal, runs);
  // It fails when it is awaited, not before.
  sending.catch(() => undefined);
  let kills: readonly Death[];
  try {
    await elapsed(MARGIN_MS);
    kills = await act();
    await elapsed(MARGIN_MS);
  } finally {
    enough.abort();
    await sending;
  }
  const sent = runs.flatMap((run) => [...intercom.notifications(run)]);
  const acknowledged = new Set(
    sent.flatMap(({ key, attempts }) => (attempts.some(({ status }) => status === 200) ? [`${key}:${handler}`] : [])),
  );
  await until(
    () => {
      const done = new Set(
        calls()
          .filter(isDone)
          .map((call) => call.idempotencyKey),
      );
      return [...acknowledged].every((key) => done.has(key));
    },
    { describe: 'all that was answered 200 to be handled', timeoutMs: 90_000, everyMs: 200 },
  );
  const verdict = judge({ handler, sent, calls: calls().filter(({ beginMs }) => beginMs >= begun), kills });
  const answers = judgeAnswers(sent, begun);
  const [killed] = kills;
  return {
    sent,
    errors: answers.errors,
    errorKinds: answers.errorKinds,
    exposed: killed === undefined ? 0 : underWay(sent, killed.atMs, killed.unroutedAtMs ?? killed.atMs),
    lost: verdict.lost.length + answers.unacknowledged,
    handledTwice: verdict.handledTwice.length,
    repeatedCalls: verdict.repeatedCalls,
    uninvited: verdict.uninvited.length,
    p999Ms: answers.p999Ms,
    seconds: (Date.now() - begun) / 1000,
  };
}

async function sendUntil({ intercom, topics }: Loaded, signal: AbortSignal, runs: string[]): Promise<void> {
  const finished: Promise<unknown>[] = [];
  while (!signal.aborted) {
    const result = intercom.send({
      count: (RATE * CHUNK_MS) / 1000,
      ratePerSecond: RATE,
      conversations: 40,
      topics: [...topics],
    });
    if (result.kind === 'refused') throw new Error(`the simulator does not send: ${result.reason}`);
    runs.push(result.run);
    finished.push(result.finished);
    await elapsed(CHUNK_MS);
  }
  await Promise.all(finished);
}

/** Time under load is what is asked for here, not a condition. */
async function elapsed(ms: number): Promise<void> {
  await once(AbortSignal.timeout(ms), 'abort');
}

/** What holds whatever was done. */
export function expectKept({ lost, handledTwice, uninvited, sent }: Outcome): void {
  expect({ lost, handledTwice, uninvited }).toEqual({ lost: 0, handledTwice: 0, uninvited: 0 });
  expect(sent.length).toBeGreaterThan(2 * RATE);
}

/** One line for whoever reads the log of a run. */
export const figure = (what: string, { sent, errors, exposed, repeatedCalls, p999Ms, seconds }: Outcome) =>
  process.stderr.write(
    `${what}: ${sent.length} sent in ${seconds.toFixed(0)} s, ${errors} errors, ${exposed} exposed, ` +
      `${repeatedCalls} repeated, p99.9 ${Math.round(p999Ms)} ms\n`,
  );
