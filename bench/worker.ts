import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { Pod } from '#cli/local/pod.ts';
import { type Local, up } from '#cli/local/up.ts';
import { CONSUMERS, PARTITIONS, webhookToken } from '#shared/contract.ts';
import { Backlog } from './backlog.ts';
import { containerOf, inItsPlace, podOf, workerOf } from './candidate.ts';
import type { DrainBench, Drainer } from './drain.ts';
import { note, printSeries } from './figure.ts';
import { goProgram } from './go-build.ts';
import { HandlerBook, handlerPod } from './handler-book.ts';
import { interruption, positive, runToEnd } from './run.ts';
import { Shares } from './shares.ts';
import { compareWorkers, type Rounds } from './worker-compare.ts';
import { profileWorker } from './worker-profile.ts';
import { measureTakeovers } from './worker-takeover.ts';

/**
 * What one message costs our worker, beside a hand-written Go program that does the same job (`bench/peers/go/worker`):
 * pull → claim → call → done → acknowledgement, in the order of each of 1000 keys. Both work off the same messages in
 * turn, and so does a worker that keeps no order. Then one of two workers is killed, and ended, in the middle of its work.
 * CPU is the process's own, user and system, of all its threads, as the kernel counts it; so this needs Linux.
 * Bars: ordered_throughput_ratio 0.85, worker_drain_rps 2000, worker_cpu_ratio_go 1.2, takeover_kill_all_ms 15000,
 * takeover_term_ms 1000.
 */
const FILE = fileURLToPath(new URL('./worker.yaml', import.meta.url));
const HANDLER_PORT = 18_081;
const DEADLINE_MS = 15 * 60_000;
const WEBHOOK = webhookToken('default', 'bench');

const interrupting = interruption(DEADLINE_MS);
const { signal } = interrupting;
const shares = new Shares();
const goingOnPurpose = new Set<string>();

const running = new Command('bench:worker')
  .description(
    'CPU and rate of the worker, beside a Go program that does the same job, and how fast one follows another',
  )
  .option('--profile', 'print where the time of the worker goes, and measure nothing', false)
  .option('--rounds <count>', 'how often each works off the same messages', positive, 5)
  .option('--messages <count>', 'how many messages that are; 10000 at most', positive, 8_000)
  .addOption(new Option('--only <part>', 'half of it').choices(['costs', 'takeover']))
  .action(run)
  .parseAsync();
await runToEnd(running, interrupting);

interface Options {
  readonly profile: boolean;
  readonly rounds: number;
  readonly messages: number;
  readonly only?: 'costs' | 'takeover';
}

async function run(options: Options): Promise<void> {
  if (process.platform !== 'linux') throw new Error('this bench reads /proc, which Linux alone has');
  const building = { env: process.env, signal, onProgress: note };
  const handler = await goProgram('handler', building);
  const peer = await goProgram('go-worker', building);
  const local = await up({
    file: FILE,
    redis: false,
    env: process.env,
    signal,
    onProgress: note,
    events: {
      onLine: (pod, _, line) => shares.hear(pod, line),
      onExit: (pod, _, how) => {
        if (!goingOnPurpose.delete(pod)) interrupting.end(new Error(`${pod} ended: ${how}`));
      },
    },
  });
  try {
    await local.startPods([handlerPod(handler, HANDLER_PORT)], signal);
    // What is in the stream is put there by the bench; the Go program works as the handler that has its name.
    await Promise.all([podOf(local, 'ingress').stop(), workerOf(local, 'go').stop()]);
    const backlog = await Backlog.open(local.natsUrl, WEBHOOK);
    const bench: DrainBench = { backlog, broker: podOf(local, 'server'), signal };
    const workers: Workers = { local, peer, bench };
    if (options.profile) await profileWorker(local, ordered(local), bench);
    else {
      if (options.only !== 'takeover')
        await compareCosts(workers, { count: options.rounds, messages: options.messages });
      if (options.only !== 'costs') await timeTakeovers(workers);
    }
    await backlog.close();
  } finally {
    await local.stop();
  }
}

interface Workers {
  readonly local: Local;
  /** Path of the Go program. */
  readonly peer: string;
  readonly bench: DrainBench;
}

async function compareCosts({ local, peer, bench }: Workers, rounds: Rounds): Promise<void> {
  const [go] = await local.startPods([await inItsPlace(workerOf(local, 'go'), 'go-program', [peer])], signal);
  if (go === undefined) throw new Error('the Go program did not start');
  const drainers = {
    ordered: ordered(local),
    unordered: unordered(local, 'unordered'),
    go: { ...unordered(local, 'go'), isOrdered: true, pod: go },
  };
  printSeries(await compareWorkers(drainers, rounds, bench));
  await go.stop();
}

async function timeTakeovers({ local, bench }: Workers): Promise<void> {
  await workerOf(local, 'unordered').stop();
  const onPurpose = ({ plan }: Pod) => void goingOnPurpose.add(plan.name);
  printSeries(await measureTakeovers({ local, drainer: ordered(local), shares, bench, onPurpose }));
}

function ordered(local: Local): Drainer {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => CONSUMERS.ordered('ordered', partition));
  return { ...unordered(local, 'ordered'), consumers: partitions, isOrdered: true };
}

function unordered(local: Local, handler: string): Drainer {
  const pod = workerOf(local, handler);
  const book = new HandlerBook(containerOf(pod).env['HANDLER_URL'] ?? '');
  return { handler, consumers: [CONSUMERS.unordered(handler)], isOrdered: false, pod, book };
}
