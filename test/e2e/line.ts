import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { CallLog } from '#cli/judge/call-log.ts';
import { judge, type Kill, type Verdict } from '#cli/judge/judge.ts';
import { openBacklog } from '#cli/local/backlog.ts';
import type { Pod } from '#cli/local/pod.ts';
import { up } from '#cli/local/up.ts';
import { startSimulator } from '#services/simulator/simulator.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { entryPoint } from '#test/support/image.ts';
import { until } from '#test/support/until.ts';

const HANDLER = 'support';
const COUNT = 250;
const RATE = 50;

/** One handler that takes 100 ms, two workers, one ingress: some calls are always under way. */
const MANIFESTS = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'app', namespace: 'default' },
    stringData: { secret: 's3cret' },
  },
  {
    apiVersion: 'intercom-operator.io/v1alpha1',
    kind: 'IntercomWebhook',
    metadata: {
      name: 'line',
      namespace: 'default',
      annotations: {
        'local.intercom-operator.io/command': JSON.stringify({ [HANDLER]: ['node', entryPoint('echo')] }),
      },
    },
    spec: {
      topics: ['conversation.user.created', 'conversation.user.replied', 'contact.user.updated', 'ticket.created'],
      signing: { secretKeyRefs: [{ name: 'app', key: 'secret' }] },
      receiver: { scaling: { minReplicas: 1 } },
      handlers: [
        {
          name: HANDLER,
          container: { image: 'example', env: [{ name: 'ECHO_DELAY_MS', value: '100' }] },
          retry: { minBackoff: '1s', maxBackoff: '2s' },
          scaling: { minReplicas: 2 },
        },
      ],
    },
  },
];

export interface Strike {
  readonly pods: readonly Pod[];
  /** Sends a signal to the first process of this container, and remembers when. */
  readonly signal: (container: string, signal: NodeJS.Signals) => void;
}

/** Sends through the whole line, strikes when a third has been handled, waits until all that was acknowledged is. */
export async function sendThrough(strike: (scene: Strike) => void): Promise<Verdict & { errors: number }> {
  const file = join(temporaryFolder('line'), 'line.yaml');
  // YAML contains JSON; one document a line.
  await writeFile(file, MANIFESTS.map((manifest) => `--- ${JSON.stringify(manifest)}\n`).join(''));
  const calls = new CallLog();
  const logs: string[] = [];
  const local = await up({
    file,
    redis: false,
    env: process.env,
    signal: AbortSignal.timeout(120_000),
    onProgress: () => undefined,
    events: {
      onLine(pod, container, line) {
        if (container === HANDLER) calls.add(pod, line);
        logs.push(line);
      },
      onExit: () => undefined,
    },
  });
  const simulator = await startSimulator({ logger: pino({ level: 'silent' }), retryAfterMs: 3_000 });
  try {
    const [target] = local.webhooks;
    await simulator.saveUrl({ url: target?.url ?? '', secret: target?.clientSecret ?? '', appId: 'abc12345' });
    const topics = ['conversation.user.created', 'conversation.user.replied', 'contact.user.updated'] as const;
    simulator.send({ count: COUNT, ratePerSecond: RATE, seed: 7, conversations: 20, topics: [...topics] });
    await until(() => calls.ended.size > COUNT / 3, { describe: 'a third to be handled', timeoutMs: 30_000 });
    const strikes: Kill[] = [];
    strike({
      pods: local.pods,
      signal(container, signal) {
        const pod = local.pods.find((each) => each.pidOf(container) !== null);
        const pid = pod?.pidOf(container) ?? null;
        if (pod === undefined || pid === null) throw new Error(`no ${container} runs`);
        if (signal === 'SIGKILL') strikes.push({ pod: pod.plan.name, atMs: Date.now() });
        process.kill(pid, signal);
      },
    });
    const verdict = () =>
      judge({ handler: HANDLER, sent: [...simulator.notifications()], calls: calls.calls, kills: strikes });
    const backlog = await openBacklog(local);
    await until(
      async () => {
        const { sent, inFlight, awaitingRetry } = simulator.report();
        return sent >= COUNT && inFlight === 0 && awaitingRetry === 0 && (await backlog.count()) === 0;
      },
      { describe: `every worker to be done:\n${logs.slice(-20).join('\n')}`, timeoutMs: 60_000 },
    );
    await backlog.close();
    return { ...verdict(), errors: simulator.report().intercom.errors };
  } finally {
    await simulator.close();
    await local.stop();
  }
}
