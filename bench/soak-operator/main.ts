import { Command } from 'commander';
import { allKept, formatTable } from '#cli/demo/table.ts';
import { pauses } from '#cli/local/pauses.ts';
import { seededRandom } from '#services/simulator/random.ts';
import { until } from '#test/support/until.ts';
import { interruption, positive, runToEnd } from '../run.ts';
import { type Asked, change, makePeace, nothingAsked } from './changes.ts';
import { check, type Faults } from './check.ts';
import { collectGarbage } from './collector.ts';
import { killOperators, restartNats } from './faults.ts';
import { gather } from './gather.ts';
import { type Installation, startInstallation } from './installation.ts';
import { summarise } from './verdict.ts';

/**
 * Two replicas of the operator, killed at random points while resources come, change and go, and NATS with them now and
 * then. When it is quiet again, all that there is has to be what was asked for: objects, streams, statuses.
 */
const { duration, seed } = new Command('soak-operator')
  .description(
    'Kills the operator again and again while resources change, and compares what is there with what was asked',
  )
  .option('--duration <seconds>', 'how long', positive, 300)
  .option('--seed <number>', 'the same seed draws the same changes and kills', positive, 1)
  .parse()
  .opts<{ duration: number; seed: number }>();

/** What is not there is looked for every 6 s, a leader that was killed is followed after 15 s, and all take their turn. */
const MAX_SETTLE_MS = 120_000;
const COMPARE_EVERY_MS = 1_000;
const PROGRESS_MS = 10_000;
/** For the start, the comparison and the end. */
const MARGIN_MS = 300_000;
const SHOWN = 20;

const interrupted = interruption(duration * 1_000 + MARGIN_MS);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

await runToEnd(soak(), interrupted);

async function soak(): Promise<void> {
  const installation = await startInstallation();
  const beganMs = performance.now();
  const asked = nothingAsked();
  const faults: string[] = [];
  const collected = new AbortController();
  const collecting = collectGarbage(installation.kube, AbortSignal.any([collected.signal, interrupted.signal]));
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(duration * 1_000), interrupted.signal]);
    const breaking = { signal, onFault: (name: string) => void faults.push(name) };
    await Promise.all([
      change(installation.kube, seededRandom(seed, 1, 0), asked, signal),
      killOperators(installation, seededRandom(seed, 2, 0), breaking),
      restartNats(installation, seededRandom(seed, 3, 0), breaking),
      tellProgress(
        signal,
        () => `${asked.wanted.size} resources; ${faults.length} faults, last: ${faults.at(-1) ?? 'none'}`,
      ),
    ]);
    interrupted.signal.throwIfAborted();
    await makePeace(installation.kube, asked);
    const quietMs = performance.now();
    const last = await compared(installation, asked);
    const settledSeconds = (performance.now() - quietMs) / 1_000;
    const sections = summarise(asked, { faults, last, settledSeconds, seconds: (quietMs - beganMs) / 1_000 });
    print(formatTable(sections));
    for (const fault of Object.values(last).flat().slice(0, SHOWN)) print(`  ${fault}`);
    if (!allKept(sections)) tellLogs(installation);
    process.exitCode = allKept(sections) ? 0 : 1;
  } finally {
    collected.abort();
    await collecting;
    await installation.close();
  }
}

/** Until nothing is wrong, or for as long as that may take. */
async function compared(installation: Installation, asked: Asked): Promise<Faults> {
  let last: Faults = { resources: ['nothing could be read'], children: [], streams: [], statuses: [] };
  const isRight = async () => {
    last = check(await gather(installation), asked, installation.nats.url);
    return Object.values(last).every((faults) => faults.length === 0);
  };
  const describe = 'all to be as it was asked for';
  await until(isRight, { describe, timeoutMs: MAX_SETTLE_MS, everyMs: COMPARE_EVERY_MS }).catch(() => {});
  return last;
}

async function tellProgress(signal: AbortSignal, line: () => string): Promise<void> {
  try {
    for await (const _ of pauses(PROGRESS_MS, signal)) process.stderr.write(`· ${line()}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function tellLogs({ operators }: Installation): void {
  for (const { child } of operators) process.stderr.write(`last words of a replica:\n${child.log().slice(-8_000)}\n`);
}
