import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { bundle } from '#cli/local/bundle.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { BODIES } from '#test/integration/ingress/bad-input/bodies.ts';
import { FRAMING } from '#test/integration/ingress/bad-input/framing.ts';
import { REQUESTS } from '#test/integration/ingress/bad-input/requests.ts';
import { SIGNATURES } from '#test/integration/ingress/bad-input/signatures.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { until } from '#test/support/until.ts';
import { Campaign } from './campaign.ts';
import { loadCorpus } from './corpus.ts';
import { Target } from './target.ts';

/** From one batch of 150 requests to the next, at least: the machine is not for this alone. */
const BATCH_MS = 1_000;
const SUMMARY_EVERY_MS = 30_000;
const MAX_SEED_BYTES = 4_096;

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
};
const { duration, seed } = new Command('fuzz')
  .description('Sends mutated requests to a real ingress and judges every answer; what is new goes to test/fuzz/corpus')
  .option('--duration <seconds>', 'how long', whole, 600)
  .option('--seed <number>', 'the same seed and corpus make the same requests', whole, Math.floor(Date.now() / 10_000))
  .parse()
  .opts<{ duration: number; seed: number }>();

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const imageDir = temporaryFolder('image');
await bundle(imageDir);
const target = await Target.start(join(imageDir, ENTRY_POINTS.ingress));
const seeds = [...SIGNATURES, ...BODIES, ...FRAMING, ...REQUESTS]
  .map(({ bytes }) => bytes)
  .filter(({ length }) => length <= MAX_SEED_BYTES);
const campaign = new Campaign({ target, seeds, corpus: loadCorpus(), seed });
print(`${duration} s, seed ${seed}`);
const startedMs = performance.now();
let summaryMs = startedMs;
try {
  while (performance.now() - startedMs < duration * 1000 && !interrupted.signal.aborted && !campaign.isOver) {
    const readyMs = performance.now() + BATCH_MS;
    await campaign.runBatch();
    await until(() => performance.now() >= readyMs, { describe: 'the next batch' });
    if (performance.now() - summaryMs < SUMMARY_EVERY_MS) continue;
    print(campaign.summary());
    summaryMs = performance.now();
  }
} finally {
  await target.close();
}
for (const line of [...campaign.outcomes(), campaign.summary(), ...campaign.findings]) print(line);
process.exit(campaign.findings.length === 0 ? 0 : 1);
