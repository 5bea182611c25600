import { Command } from 'commander';
import { allKept, formatTable } from '#cli/demo/table.ts';
import { seededRandom } from '#services/simulator/random.ts';
import { interruption, positive, runToEnd } from '../run.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { soak } from './soak.ts';
import { type Evidence, summarise } from './verdict.ts';

/**
 * Two replicas of the operator beside a real kube-apiserver, resources that change all the time, and one fault after the
 * other. In between are pauses, in which every resource has to get the status that is right for its generation.
 */
const { duration, seed } = new Command('soak')
  .description('Breaks what the operator stands on for a long time, and judges what became of its resources')
  .option('--duration <seconds>', 'how long', positive, 1_800)
  .option('--seed <number>', 'the same seed draws the same changes and faults', positive, 1)
  .addHelpText('after', '\nExit status: 0 when every promise held, else 1.')
  .parse()
  .opts<{ duration: number; seed: number }>();

/** For the start, the last fault and pause, and the end. */
const MARGIN_MS = 300_000;
const STREAMS = { changes: 1, faults: 2 } as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupted = interruption(duration * 1_000 + MARGIN_MS);
await runToEnd(run(interrupted.signal), interrupted);

async function run(signal: AbortSignal): Promise<void> {
  const cluster = await startCluster();
  try {
    const evidence = await soak(cluster, {
      durationMs: duration * 1_000,
      draws: (of, round) => seededRandom(seed, STREAMS[of], round),
      print,
      signal,
    });
    conclude(evidence, cluster);
  } finally {
    await cluster.close();
  }
}

function conclude(evidence: Evidence, { survivor, mortal }: Cluster): void {
  const sections = summarise(evidence);
  print(formatTable(sections));
  for (const accident of evidence.accidents) print(accident);
  if (allKept(sections)) return;
  process.exitCode = 1;
  for (const { name, operator } of [survivor, mortal]) {
    process.stderr.write(`last words of ${name}:\n${operator.child.log().slice(-8_000)}\n`);
  }
}
