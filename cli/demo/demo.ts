import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CallLog } from '#cli/judge/call-log.ts';
import { untilDrained } from '#cli/judge/drained.ts';
import { Intercom, simulatorPod } from '#cli/judge/intercom.ts';
import { judge, type Kill } from '#cli/judge/judge.ts';
import { openBacklog } from '#cli/local/backlog.ts';
import { freePort } from '#cli/local/free-port.ts';
import { formatLogLine } from '#cli/local/log-line.ts';
import type { Pod } from '#cli/local/pod.ts';
import { type Local, up } from '#cli/local/up.ts';
import { formatStatus } from './status-table.ts';
import { allKept, formatTable, type Section, summarise } from './table.ts';

export interface DemoOptions {
  readonly keep: boolean;
  readonly redis: boolean;
  /** Shows the log lines of all processes. */
  readonly verbose: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The handler of the demo file whose calls are judged. */
const HANDLER = 'support';
const FILE = fileURLToPath(new URL('../../examples/demo.yaml', import.meta.url));
/** 300 good ones and the rest at 40/s take 9 s. */
const RUN = {
  count: 300,
  ratePerSecond: 40,
  seed: 1,
  conversations: 50,
  duplicates: 30,
  forgeries: 20,
  unknownTopics: 10,
};
/** Intercom waits a minute; here that minute is shorter. */
const RETRY_AFTER = '2s';
const KILL_WORKER_AFTER_MS = 2_500;
const KILL_INGRESS_AFTER_MS = 5_000;
/** A killed worker's messages come again after 12 s; three times that is no longer patience. */
const DRAIN_TIMEOUT_MS = 45_000;

/** The whole line once, with kills on the way. @returns whether every promise held */
export async function demo(options: DemoOptions): Promise<boolean> {
  const { print, signal } = options;
  const calls = new CallLog();
  const local = await up({
    file: FILE,
    redis: options.redis,
    env: options.env,
    signal,
    onProgress: (line) => print(`· ${line}`),
    events: {
      onLine(pod, container, line) {
        if (container === HANDLER) calls.add(pod, line);
        if (options.verbose) print(formatLogLine(pod, container, line));
      },
      onExit: (pod, container, how) => print(`· ${pod}/${container} ended (${how}), starting again`),
    },
  });
  try {
    const port = await freePort();
    await local.startPods([simulatorPod(port, RETRY_AFTER)], signal);
    const intercom = new Intercom(port);
    const sections = await play({ ...options, local, intercom, calls });
    print(`\n${formatTable(sections)}\n`);
    const kept = allKept(sections);
    for (const { webhook } of local.webhooks) {
      print(`${formatStatus(webhook.metadata.name, await local.statusOf(webhook, signal))}\n`);
    }
    print(kept ? 'Every promise held.' : 'A promise was broken.');
    if (options.keep) await keepRunning(local, port, options);
    return kept;
  } finally {
    print('· stopping everything');
    await local.stop();
  }
}

type Shown = Pick<DemoOptions, 'print' | 'signal'>;

interface Stage extends DemoOptions {
  readonly local: Local;
  readonly intercom: Intercom;
  readonly calls: CallLog;
}

async function play({ local, intercom, calls, print, signal }: Stage): Promise<readonly Section[]> {
  const [target] = local.webhooks;
  if (target === undefined) throw new Error('the demo file holds no IntercomWebhook');
  print(`· saving ${target.url} as the endpoint at Intercom`);
  const { saved } = await intercom.saveUrl({ url: target.url, secret: target.clientSecret, appId: 'abc12345' });
  if (!saved) throw new Error('Intercom did not accept the endpoint: its probe or ping was not answered');
  print(
    `· sending ${RUN.count} notifications, ${RUN.duplicates} duplicates, ${RUN.forgeries} forgeries, ${RUN.unknownTopics} of unknown topics`,
  );
  await intercom.send(RUN);
  await delay(KILL_WORKER_AFTER_MS, undefined, { signal });
  const kills = [kill(busiestFirst(local.pods, calls), 'worker', print)];
  await delay(KILL_INGRESS_AFTER_MS - KILL_WORKER_AFTER_MS, undefined, { signal });
  kill(local.pods, 'ingress', print);
  await drain({ intercom, local, print, signal });
  const sent = await intercom.notifications();
  const verdict = judge({ handler: HANDLER, sent, calls: calls.calls, kills });
  return summarise(await intercom.report(), verdict, RUN);
}

/** Pods of the handler; first the one that has the most to lose. */
const busiestFirst = (pods: readonly Pod[], calls: CallLog): Pod[] =>
  pods
    .filter(({ plan }) => plan.containers.some(({ name }) => name === HANDLER))
    .toSorted((a, b) => calls.underWay(b.plan.name) - calls.underWay(a.plan.name));

/** SIGKILL to the first pod's process of that name: no chance to say goodbye. */
function kill(pods: readonly Pod[], container: string, print: (line: string) => void): Kill {
  const pod = pods.find((candidate) => candidate.pidOf(container) !== null);
  const pid = pod?.pidOf(container) ?? null;
  if (pod === undefined || pid === null) throw new Error(`no ${container} process to kill`);
  print(`· kill -9 ${pod.plan.name}/${container}`);
  const atMs = Date.now();
  process.kill(pid, 'SIGKILL');
  return { pod: pod.plan.name, atMs };
}

/** When that takes too long, the table tells what is missing. */
async function drain({ intercom, local, print, signal }: Omit<Stage, keyof DemoOptions | 'calls'> & Shown) {
  const total = RUN.count + RUN.duplicates + RUN.forgeries + RUN.unknownTopics;
  const backlog = await openBacklog(local);
  const onProgress = (line: string) => print(`· ${line}`);
  try {
    await untilDrained({ intercom, backlog, total, timeoutMs: DRAIN_TIMEOUT_MS, onProgress, signal });
  } finally {
    await backlog.close();
  }
}

async function keepRunning(local: Local, port: number, { print, signal }: DemoOptions): Promise<void> {
  const [target] = local.webhooks;
  print(
    [
      '',
      `Everything stays up until Ctrl-C. Endpoint ${target?.url}, NATS ${local.natsUrl}.`,
      'Send more:',
      `  curl -s -H 'content-type: application/json' -d '{"count":100,"ratePerSecond":20}' http://127.0.0.1:${port}/send`,
      `  curl -s http://127.0.0.1:${port}/report`,
    ].join('\n'),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
