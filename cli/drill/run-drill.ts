import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { CallLog } from '#cli/judge/call-log.ts';
import { untilDrained } from '#cli/judge/drained.ts';
import { Intercom, simulatorPod } from '#cli/judge/intercom.ts';
import { readAttempts } from '#cli/judge/read-attempts.ts';
import { readDeadLetters } from '#cli/judge/read-dead-letters.ts';
import { readStream } from '#cli/judge/read-stream.ts';
import { openBacklog } from '#cli/local/backlog.ts';
import { freePort } from '#cli/local/free-port.ts';
import { type Local, up } from '#cli/local/up.ts';
import { seededRandom } from '#services/simulator/random.ts';
import type { SendInput } from '#services/simulator/requests.ts';
import { Approach } from './approach.ts';
import { Clocks } from './clocks.ts';
import type { Drill } from './drill.ts';
import { EvidenceFolder } from './evidence.ts';
import { HANDLER } from './handler-control.ts';
import { Manifest } from './manifest.ts';
import { type DrillVerdict, judgeDrill } from './verdict.ts';

export interface DrillOptions {
  readonly seed: number;
  readonly ratePerSecond: number;
  /** For drills that last as long as is asked for. */
  readonly durationMs: number;
  /** Where what was seen is kept; nowhere where nothing is said. */
  readonly evidenceDir?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface DrillResult extends DrillVerdict {
  readonly name: string;
  readonly seed: number;
  readonly sent: number;
  readonly faults: readonly string[];
  /** What shows of each fault that it took effect. */
  readonly proofs: readonly (string | null)[];
  /** The longest that the drill's own process had to wait for a core: what a busy machine adds to every answer. */
  readonly heldUpMs: number;
}

/** Where a drill does not ask for more. */
const WORKERS = 2;
/** Of load before the first fault, where a drill does not ask for more, and after the last. */
const LEAD_MS = 2_500;
const TAIL_MS = 1_500;
/** Each has a notification every five seconds, besides what is about none. */
const SECONDS_BETWEEN = 5;
/** One in twenty is sent twice, one in fifty is forged. */
const DUPLICATES = 1 / 20;
const FORGERIES = 1 / 50;
/** A killed worker's messages come again after 12 s, Intercom's retry after as much. */
const DRAIN_TIMEOUT_MS = 60_000;
/** With nobody answering, 1000/s and their retries would be so many under way. */
const MAX_IN_FLIGHT = '10000';
const LOOP_RESOLUTION_MS = 10;
/** Streams of numbers that the simulator does not draw from the same seed. */
const RANDOM_STREAM = 100;

/** Brings everything up, sends, injects the faults, waits, judges, and ends everything. */
export async function runDrill(drill: Drill, asked: DrillOptions): Promise<DrillResult> {
  const options = { ...asked, ratePerSecond: drill.promises.ratePerSecond ?? asked.ratePerSecond };
  const { signal, note, evidenceDir, seed } = options;
  const evidence = evidenceDir === undefined ? null : await EvidenceFolder.open(evidenceDir, `${drill.name}-${seed}`);
  const calls = new CallLog();
  const closing = new AsyncDisposableStack();
  try {
    if (evidence !== null) closing.defer(() => evidence.close());
    const approach = await Approach.open(drill.broker);
    closing.defer(() => approach.close());
    const clocks = drill.setsClocks === true ? await Clocks.open() : null;
    closing.defer(() => clocks?.close());
    const manifest = await Manifest.write(drill.workers ?? WORKERS);
    closing.defer(() => manifest.remove());
    const nodeOptions = [approach.nodeOptions, clocks?.nodeOptions].filter((each) => each !== undefined);
    const local = await up({
      file: manifest.file,
      redis: drill.claims === 'redis',
      nats: { servers: approach.servers, syncAlways: drill.syncAlways ?? true },
      between: (natsUrls) => approach.urlsFor(natsUrls),
      imageEnv: nodeOptions.length === 0 ? {} : { NODE_OPTIONS: nodeOptions.join(' ') },
      ...(drill.drainDelayMs === undefined ? {} : { drainDelayMs: drill.drainDelayMs }),
      env: options.env,
      signal,
      onProgress: note,
      events: {
        onLine: (pod, container, line) => {
          if (container === HANDLER) calls.add(pod, line);
          evidence?.line(pod, container, line);
        },
        onExit: (pod, container, how) => {
          if (container === HANDLER) calls.died(pod);
          note(`${pod}/${container} ended (${how})`);
        },
      },
    });
    closing.defer(async () => {
      note('stopping everything');
      await local.stop();
    });
    return await play(drill, { ...options, local, approach, clocks, calls, evidence });
  } finally {
    await closing.disposeAsync();
  }
}

interface Stage extends DrillOptions {
  readonly local: Local;
  readonly approach: Approach;
  readonly clocks: Clocks | null;
  readonly calls: CallLog;
  readonly evidence: EvidenceFolder | null;
}

async function play(drill: Drill, stage: Stage): Promise<DrillResult> {
  const { local, seed, note, signal, durationMs, calls, approach } = stage;
  const intercom = await startIntercom(drill, stage);
  const { leadMs = LEAD_MS } = drill;
  let asked = await send(intercom, leadMs + drill.faultMs(durationMs) + TAIL_MS, { ...stage, drill });
  await delay(leadMs, undefined, { signal });
  const heldUp = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  heldUp.enable();
  const random = seededRandom(seed, RANDOM_STREAM, 0);
  const sendMore = async (run: SendInput) => {
    asked += run.count;
    await intercom.send(run);
  };
  const { proxy, name } = approach;
  const injections = await drill.play({ ...stage, proxy, name, intercom, random, send: sendMore });
  heldUp.disable();
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
  const evidence = {
    handler: HANDLER,
    promises: drill.promises,
    injections,
    asked,
    sent,
    countedErrors: Number((await intercom.report()).intercom['errors']),
    stored: await readStream(local),
    calls: calls.calls,
    deadLetters: await readDeadLetters(local),
    attemptsUsed: drill.promises.attempts === 'none' ? await readAttempts(local) : null,
    isDrained,
  };
  await stage.evidence?.keep(evidence);
  const verdict = judgeDrill(evidence);
  return {
    ...verdict,
    name: drill.name,
    seed,
    sent: sent.length,
    faults: injections.map(({ what }) => what),
    proofs: injections.map(({ proof }) => proof),
    heldUpMs: heldUp.max / 1e6 - LOOP_RESOLUTION_MS,
  };
}

async function startIntercom({ retryAfterMs }: Drill, { local, signal }: Stage): Promise<Intercom> {
  const [target] = local.webhooks;
  if (target === undefined) throw new Error('the manifest holds no IntercomWebhook');
  const port = await freePort();
  await local.startPods([simulatorPod(port, `${retryAfterMs}ms`, ['--max-in-flight', MAX_IN_FLIGHT])], signal);
  const intercom = new Intercom(port);
  const { saved } = await intercom.saveUrl({ url: target.url, secret: target.clientSecret, appId: 'abc12345' });
  if (!saved) throw new Error('Intercom did not accept the endpoint: its probe or ping was not answered');
  return intercom;
}

/** @returns how many are to be sent in all */
async function send(
  intercom: Intercom,
  forMs: number,
  { ratePerSecond, seed, note, drill }: Stage & { readonly drill: Drill },
): Promise<number> {
  const all = Math.round((ratePerSecond * forMs) / 1_000);
  const [duplicates, forgeries] = [Math.ceil(all * DUPLICATES), Math.ceil(all * FORGERIES)];
  const count = all - duplicates - forgeries;
  const conversations = drill.conversations ?? Math.ceil(ratePerSecond / SECONDS_BETWEEN);
  note(`sending ${all} notifications at ${ratePerSecond}/s, ${duplicates} of them twice, ${forgeries} forged`);
  await intercom.send({ count, duplicates, forgeries, ratePerSecond, seed, conversations });
  return count + duplicates + forgeries;
}
