import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readManifests } from '#cli/local/manifests.ts';
import { type Local, up } from '#cli/local/up.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { candidate, inItsPlace, podOf } from './candidate.ts';
import { median, note, printSeries } from './figure.ts';
import { goProgram } from './go-build.ts';
import { compare, compareLatency, type Rounds } from './ingress-compare.ts';
import { profileIngress } from './ingress-profile.ts';
import { assertSameJob, type Bench } from './measure.ts';
import { interruption, positive, runToEnd } from './run.ts';
import { Storage } from './storage.ts';

/**
 * What one notification costs our ingress, beside a hand-written Go program that does the same job (`bench/peers/go`):
 * signed request → signature → envelope → JetStream's acknowledgement → 200. Both run at once on this machine with one
 * nats-server and the load generator, and take turns; every second notification is signed with the second secret.
 * CPU is the process's own, user and system, of all its threads, as the kernel counts it; so this needs Linux.
 * Bars: ingress_cpu_ratio_go 0.8, ingress_p999_half_ms 50, ingress_rss_load_mb 200, forged_cpu_us below ingress_cpu_us.
 */
const FILE = fileURLToPath(new URL('./ingress.yaml', import.meta.url));
const DEADLINE_MS = 10 * 60_000;

const interrupting = interruption(DEADLINE_MS);
const { signal } = interrupting;

const running = new Command('bench:ingress')
  .description('CPU, rate and latency of the ingress, beside a Go program that does the same job')
  .option('--profile', 'print where the time of the ingress goes, and measure nothing', false)
  .option('--rounds <count>', 'how often each is measured', positive, 5)
  .option('--seconds <seconds>', 'how long each is measured in a round', positive, 4)
  .action((options: { profile: boolean; rounds: number; seconds: number }) =>
    run(options.profile, { count: options.rounds, seconds: options.seconds }),
  )
  .parseAsync();
await runToEnd(running, interrupting);

async function run(isProfile: boolean, rounds: Rounds): Promise<void> {
  if (process.platform !== 'linux') throw new Error('this bench reads /proc, which Linux alone has');
  const building = { env: process.env, signal, onProgress: note };
  const loader = await goProgram('load', building);
  const peer = isProfile ? null : await goProgram('go-peer', building);
  const { secrets } = await readManifests(FILE);
  const local = await up({
    file: FILE,
    redis: false,
    env: process.env,
    signal,
    onProgress: note,
    events: { onLine: () => undefined, onExit: (pod, _, how) => interrupting.end(new Error(`${pod} ended: ${how}`)) },
  });
  try {
    // What is stored shall stay, and the cores are for the ingress.
    await podOf(local, 'worker').stop();
    const storage = await Storage.open(local.natsUrl, STREAMS.events(webhookToken('default', 'bench')));
    const bench: Bench = {
      loader,
      secrets: Object.values(secrets.get('default/bench') ?? {}),
      broker: podOf(local, 'server'),
      storage,
      signal,
    };
    if (peer === null) await profileIngress(local, bench);
    else await compareWithGo(peer, { local, rounds, bench });
    await storage.close();
  } finally {
    await local.stop();
  }
}

interface Comparison {
  readonly local: Local;
  readonly rounds: Rounds;
  readonly bench: Bench;
}

async function compareWithGo(peer: string, { local, rounds, bench }: Comparison): Promise<void> {
  const pod = podOf(local, 'ingress');
  const [go, goAsync] = await local.startPods(
    [await inItsPlace(pod, 'go', [peer]), await inItsPlace(pod, 'go-async', [peer, '-async'])],
    signal,
  );
  if (go === undefined || goAsync === undefined) throw new Error('the Go programs did not start');
  const candidates = {
    ours: candidate('ingress', pod),
    go: candidate('go', go),
    goAsync: candidate('go-async', goAsync),
  };
  await assertSameJob(Object.values(candidates), bench);
  const series = await compare(candidates, rounds, bench);
  printSeries(series);
  const halfRate = Math.round(median(series['ingress_max_rps']?.values ?? []) / 2);
  printSeries(await compareLatency(halfRate, candidates, { rounds, bench }));
}
