import { type KeyObject, randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { pingBytes } from './bodies/envelope.ts';
import { epochMs } from './clock.ts';
import { type AttemptLine, attemptLine, createLedger, type NotificationLine } from './ledger.ts';
import { plannedTotal } from './plan.ts';
import { createPoster } from './post.ts';
import { type SendInput, SendRequest, type SubscriptionRequest } from './requests.ts';
import { type Run, type RunProgress, startRun } from './run.ts';
import { secretKey, sign } from './signature.ts';
import { createTally, type TallyReport } from './tally.ts';

/** How this Intercom behaves; the defaults are Intercom's own where it has any. */
export interface WorkspaceOptions {
  readonly logger: Logger;
  /** How long an answer may take. Default 5 000, as at Intercom. */
  readonly patienceMs?: number | undefined;
  /** When what failed is tried again. Default 60 000, as at Intercom. */
  readonly retryAfterMs?: number | undefined;
  /** Seed of the first run that names none; the next such run takes the next number. Drawn where absent. */
  readonly seed?: number | undefined;
  /** Requests in flight at once, over all runs. Default 1 024. */
  readonly maxInFlight?: number | undefined;
  /** Notifications one process sends and remembers in its life. Default 200 000; one costs about half a kilobyte. */
  readonly maxNotifications?: number | undefined;
}

/** What happened when the URL was saved. `ping` is null where the probe failed, for then nothing is saved. */
export interface SavedUrl {
  readonly saved: boolean;
  readonly head: AttemptLine;
  readonly ping: AttemptLine | null;
}

export type SendRefusal = 'no-subscription' | 'subscription-disabled' | 'too-many-runs' | 'too-many-notifications';

export type SendResult =
  | { readonly kind: 'started'; readonly run: string; readonly seed: number; readonly finished: Promise<RunProgress> }
  | { readonly kind: 'refused'; readonly reason: SendRefusal };

/** Everything counted since the start. */
export interface WorkspaceReport extends TallyReport {
  /** The last attempt to save a URL; one that failed leaves an earlier subscription as it was. */
  readonly lastSave: ({ readonly url: string; readonly appId: string } & SavedUrl) | null;
  readonly runs: number;
  readonly sent: number;
  readonly inFlight: number;
  readonly awaitingRetry: number;
}

/** An Intercom workspace with one app and its one endpoint URL. */
export interface Workspace {
  /** HEAD, and if that is answered 200 a ping; revives a disabled subscription. Runs under way keep their URL. */
  readonly saveUrl: (request: SubscriptionRequest) => Promise<SavedUrl>;
  /** Starts to send and returns at once. @throws ZodError when the request is out of bounds */
  readonly send: (request: SendInput) => SendResult;
  /** @returns null where there is no such run */
  readonly progress: (run: string) => RunProgress | null;
  readonly report: () => WorkspaceReport;
  readonly notifications: (run?: string) => Iterable<NotificationLine>;
  /** Stops all runs, gives up their retries, awaits the answers under way (at most the patience). */
  readonly close: () => Promise<void>;
}

/** Runs one process will hold, finished ones included: their reports stay readable. */
const MAX_RUNS = 1000;
const MAX_ACTIVE_RUNS = 8;

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { logger, patienceMs = 5000, retryAfterMs = 60_000, maxInFlight = 1024, maxNotifications = 200_000 } = options;
  const poster = createPoster({ patienceMs, maxInFlight });
  const ledger = createLedger(maxNotifications);
  const total = createTally();
  const stop = new AbortController();
  const runs = new Map<string, Run>();
  const deps = { poster, ledger, total, retryAfterMs, signal: stop.signal };
  let nextSeed = options.seed ?? randomInt(2 ** 32);
  let target: { readonly url: string; readonly secret: KeyObject; readonly appId: string } | null = null;
  let lastSave: WorkspaceReport['lastSave'] = null;

  const allProgress = () => [...runs.values()].map((run) => run.progress());

  async function saveUrl({ url, secret, appId }: SubscriptionRequest): Promise<SavedUrl> {
    const key = secretKey(secret);
    const headAtMs = epochMs();
    const probe = await poster.head(url);
    const head = attemptLine(headAtMs, probe);
    if (probe.kind !== 'answered' || probe.status !== 200) {
      lastSave = { url, appId, saved: false, head, ping: null };
      logger.warn({ appId, head }, 'url refused');
      return { saved: false, head, ping: null };
    }
    const bytes = pingBytes(appId, Math.floor(epochMs() / 1000));
    const pingAtMs = epochMs();
    const ping = attemptLine(pingAtMs, await poster.post(url, bytes, sign(bytes, key)));
    target = { url, secret: key, appId };
    lastSave = { url, appId, saved: true, head, ping };
    total.record({ kind: 'url-saved' });
    logger.info({ appId, head, ping }, 'url saved');
    return { saved: true, head, ping };
  }

  function refusal(planned: number): SendRefusal | null {
    if (target === null) return 'no-subscription';
    if (total.penalties().disabled) return 'subscription-disabled';
    const active = allProgress().filter(({ state }) => state === 'running').length;
    if (active >= MAX_ACTIVE_RUNS || runs.size >= MAX_RUNS) return 'too-many-runs';
    return ledger.reserve(planned) ? null : 'too-many-notifications';
  }

  function send(input: SendInput): SendResult {
    const { ratePerSecond, seed = nextSeed, ...amounts } = SendRequest.parse(input);
    const plan = { ...amounts, seed };
    const reason = refusal(plannedTotal(plan));
    if (reason !== null || target === null) return { kind: 'refused', reason: reason ?? 'no-subscription' };
    if (input.seed === undefined) nextSeed = (nextSeed + 1) >>> 0;
    const { url, secret, appId } = target;
    const run = String(runs.size + 1);
    const facts = { seed, appId, ratePerSecond, startedAtMs: epochMs() };
    const started = startRun({ run, url, secret, plan, facts }, deps);
    runs.set(run, started);
    logger.info({ run, seed, ratePerSecond, planned: plannedTotal(plan) }, 'run started');
    const finished = started.finished.then((progress) => {
      logger.info({ run, state: progress.state, sent: progress.sent, ...progress.report.intercom }, 'run ended');
      return progress;
    });
    return { kind: 'started', run, seed, finished };
  }

  function report(): WorkspaceReport {
    const all = allProgress();
    const sum = (of: (progress: RunProgress) => number) => all.reduce((total, each) => total + of(each), 0);
    return {
      lastSave,
      runs: all.length,
      sent: sum(({ sent }) => sent),
      inFlight: sum(({ inFlight }) => inFlight),
      awaitingRetry: sum(({ awaitingRetry }) => awaitingRetry),
      ...total.report(),
    };
  }

  return {
    saveUrl,
    send,
    report,
    progress: (run) => runs.get(run)?.progress() ?? null,
    notifications: (run) => ledger.lines(run),
    async close() {
      stop.abort();
      await Promise.all([...runs.values()].map((run) => run.finished));
      await poster.close();
    },
  };
}
