import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CallLog } from '#cli/judge/call-log.ts';
import { untilDrained } from '#cli/judge/drained.ts';
import { Intercom, simulatorPod } from '#cli/judge/intercom.ts';
import { readStream } from '#cli/judge/read-stream.ts';
import { openBacklog } from '#cli/local/backlog.ts';
import { freePort } from '#cli/local/free-port.ts';
import { type Local, up } from '#cli/local/up.ts';
import { seededRandom } from '#services/simulator/random.ts';
import type { Drill } from './catalogue.ts';
import { FaultProxy } from './proxy.ts';
import { type DrillVerdict, judgeDrill } from './verdict.ts';

export interface DrillOptions {
  readonly seed: number;
  readonly ratePerSecond: number;
  /** For drills that last as long as is asked for. */
  readonly durationMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface DrillResult extends DrillVerdict {
  readonly name: string;
  readonly seed: number;
  readonly sent: number;
  readonly faults: readonly string[];
}

const HANDLER = 'support';
const FILE = fileURLToPath(new URL('./drill.yaml', import.meta.url));
/** Of load before the first fault and after the last. */
const LEAD_MS = 1_500;
const TAIL_MS = 1_500;
const CONVERSATIONS = 40;
/** One in twenty is sent twice, one in fifty is forged. */
const DUPLICATES = 1 / 20;
const FORGERIES = 1 / 50;
/** A killed worker's messages come again after 12 s, Intercom's retry after as much. */
const DRAIN_TIMEOUT_MS = 60_000;
/** With nobody answering, 200/s and their retries would be 2000 under way. */
const MAX_IN_FLIGHT = '4096';
/** Streams of numbers that the simulator does not draw from the same seed. */
const RANDOM_STREAM = 100;

/** Brings everything up, sends, injects the faults, waits, judges, and ends everything. */
export async function runDrill(drill: Drill, options: DrillOptions): Promise<DrillResult> {
  const { signal, note } = options;
  const calls = new CallLog();
  let proxy: FaultProxy | null = null;
  try {
    const local = await up({
      file: FILE,
      redis: false,
      nats: { servers: drill.broker === 'a cluster of three' ? 3 : 1, syncAlways: true },
      between: async (natsUrls) => {
        if (drill.broker !== 'one server behind a proxy') return natsUrls;
        proxy = await FaultProxy.open(natsUrls[0] ?? '');
        return [proxy.url];
      },
      ...(drill.drainDelayMs === undefined ? {} : { drainDelayMs: drill.drainDelayMs }),
      env: options.env,
      signal,
      onProgress: note,
      events: {
        onLine: (pod, container, line) => (container === HANDLER ? calls.add(pod, line) : undefined),
        onExit: (pod, container, how) => note(`${pod}/${container} ended (${how})`),
      },
    });
    try {
      return await play(drill, { ...options, local, proxy, calls });
    } finally {
      note('stopping everything');
      await local.stop();
    }
  } finally {
    await (proxy as FaultProxy | null)?.close();
  }
}

interface Stage extends DrillOptions {
  readonly local: Local;
  readonly proxy: FaultProxy | null;
  readonly calls: CallLog;
}

async function play(drill: Drill, stage: Stage): Promise<DrillResult> {
  const { local, seed, note, signal, durationMs, calls } = stage;
  const intercom = await startIntercom(drill, stage);
  const asked = await send(intercom, LEAD_MS + drill.faultMs(durationMs) + TAIL_MS, stage);
  await delay(LEAD_MS, undefined, { signal });
  const random = seededRandom(seed, RANDOM_STREAM, 0);
  const injections = await drill.play({ ...stage, intercom, random });
  note('waiting until everything is handled');
  const backlog = await openBacklog(local);
  let isDrained: boolean;
  try {
    const loadMs = (asked / stage.ratePerSecond) * 1_000;
    const timeoutMs = loadMs + drill.retryAfterMs + DRAIN_TIMEOUT_MS;
    isDrained = await untilDrained({ intercom, backlog, total: asked, timeoutMs, onProgress: note, signal });
  } finally {
    await backlog.close();
  }
  const sent = await intercom.notifications();
  const verdict = judgeDrill({
    handler: HANDLER,
    promises: drill.promises,
    injections,
    asked,
    sent,
    countedErrors: Number((await intercom.report()).intercom['errors']),
    stored: await readStream(local),
    calls: calls.calls,
    isDrained,
  });
  return { ...verdict, name: drill.name, seed, sent: sent.length, faults: injections.map(({ what }) => what) };
}

async function startIntercom({ retryAfterMs }: Drill, { local, signal }: Stage): Promise<Intercom> {
  const [target] = local.webhooks;
  if (target === undefined) throw new Error(`${FILE} holds no IntercomWebhook`);
  const port = await freePort();
  await local.startPods([simulatorPod(port, `${retryAfterMs}ms`, ['--max-in-flight', MAX_IN_FLIGHT])], signal);
  const intercom = new Intercom(port);
  const { saved } = await intercom.saveUrl({ url: target.url, secret: target.clientSecret, appId: 'abc12345' });
  if (!saved) throw new Error('Intercom did not accept the endpoint: its probe or ping was not answered');
  return intercom;
}

/** @returns how many are to be sent in all */
async function send(intercom: Intercom, forMs: number, { ratePerSecond, seed, note }: Stage): Promise<number> {
  const all = Math.round((ratePerSecond * forMs) / 1_000);
  const [duplicates, forgeries] = [Math.ceil(all * DUPLICATES), Math.ceil(all * FORGERIES)];
  const count = all - duplicates - forgeries;
  note(`sending ${all} notifications at ${ratePerSecond}/s, ${duplicates} of them twice, ${forgeries} forged`);
  await intercom.send({ count, duplicates, forgeries, ratePerSecond, seed, conversations: CONVERSATIONS });
  return count + duplicates + forgeries;
}
