import { type KeyObject, randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { ApiVersion } from './bodies/api-version.ts';
import { pingBytes } from './bodies/envelope.ts';
import { epochMs } from './clock.ts';
import { type AttemptLine, attemptLine, createLedger, type NotificationLine } from './ledger.ts';
import { type Policy, type PolicyChanges, policyOf } from './penalties/policy.ts';
import type { SubscriptionReport } from './penalties/ruling.ts';
import { burstOf, plannedTotal } from './plan.ts';
import { createPoster } from './post.ts';
import { type SendInput, SendRequest, type SubscriptionInput, SubscriptionRequest } from './requests.ts';
import { type Run, type RunProgress, startRun, type Witness } from './run.ts';
import { secretKey, sign } from './signature.ts';
import { createStanding } from './standing.ts';
import { createTally, type TallyReport } from './tally.ts';
import { missingTopic, topicList } from './topics.ts';

/** How this Intercom behaves; the defaults are Intercom's own where it has some. */
export interface WorkspaceOptions {
  readonly logger: Logger;
  /** How long an answer may take. Default 5 000, as at Intercom. */
  readonly patienceMs?: number | undefined;
  /** When what failed is tried again. Default 60 000, as at Intercom. */
  readonly retryAfterMs?: number | undefined;
  /** How else its penalties differ from Intercom's; `speed` shortens them all. */
  readonly policy?: PolicyChanges | undefined;
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

export type SendRefusal =
  | 'no-subscription'
  | 'subscription-disabled'
  | 'subscription-suspended'
  | 'topics-of-another-version'
  | 'too-many-runs'
  | 'too-many-notifications';

export type SendResult =
  | { readonly kind: 'started'; readonly run: string; readonly seed: number; readonly finished: Promise<RunProgress> }
  | { readonly kind: 'refused'; readonly reason: SendRefusal };

/** Everything counted since the start. */
export interface WorkspaceReport extends TallyReport {
  /** The last attempt to save a URL; one that failed leaves an earlier subscription as it was. */
  readonly lastSave: ({ readonly url: string; readonly appId: string } & SavedUrl) | null;
  readonly subscription: SubscriptionReport;
  readonly policy: Policy;
  readonly runs: number;
  readonly sent: number;
  readonly inFlight: number;
  readonly awaitingRetry: number;
  readonly held: number;
}

/** An Intercom workspace with one app and its one endpoint URL. */
export interface Workspace {
  /**
   * HEAD, and if that is answered 200 a ping; forgives the subscription everything. Runs under way keep their URL.
   * @throws ZodError when the request is out of bounds
   */
  readonly saveUrl: (request: SubscriptionInput) => Promise<SavedUrl>;
  /** The button "Set live": forgives the subscription everything. @returns null where no URL is saved */
  readonly setLive: () => SubscriptionReport | null;
  /** Replaces the policy, for runs under way too. @returns the whole of it */
  readonly setPolicy: (changes: PolicyChanges) => Policy;
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

/** Where the notifications go, and as whom. */
interface Target {
  readonly url: string;
  readonly secret: KeyObject;
  readonly appId: string;
  readonly apiVersion: ApiVersion;
}

export function createWorkspace(options: WorkspaceOptions, witness: Witness = () => undefined): Workspace {
  const { logger, patienceMs = 5000, maxInFlight = 1024, maxNotifications = 200_000 } = options;
  const poster = createPoster({ patienceMs, maxInFlight });
  const ledger = createLedger(maxNotifications);
  const total = createTally();
  const stop = new AbortController();
  const runs = new Map<string, Run>();
  const standing = createStanding(policyOf({ retryAfterMs: options.retryAfterMs, ...options.policy }), (condition) =>
    logger.warn({ condition }, 'subscription changed'),
  );
  const deps = { poster, ledger, total, standing, witness, signal: stop.signal };
  let nextSeed = options.seed ?? randomInt(2 ** 32);
  let target: Target | null = null;
  let lastSave: WorkspaceReport['lastSave'] = null;

  const allProgress = () => [...runs.values()].map((run) => run.progress());

  function revive(): void {
    standing.revive();
    for (const run of runs.values()) run.revived();
  }

  async function saveUrl(input: SubscriptionInput): Promise<SavedUrl> {
    const { url, secret, appId, apiVersion } = SubscriptionRequest.parse(input);
    const key = secretKey(secret);
    const headAtMs = epochMs();
    const probe = await poster.head(url);
    const head = attemptLine(headAtMs, probe);
    if (stop.signal.aborted) return { saved: false, head, ping: null };
    if (probe.kind !== 'answered' || probe.status !== 200) {
      lastSave = { url, appId, saved: false, head, ping: null };
      logger.warn({ appId, head }, 'url refused');
      return { saved: false, head, ping: null };
    }
    const bytes = pingBytes(appId, Math.floor(epochMs() / 1000));
    const pingAtMs = epochMs();
    const letter = { bytes, signature: sign(bytes, key), manner: 'whole' } as const;
    const ping = attemptLine(pingAtMs, await poster.post(url, letter));
    target = { url, secret: key, appId, apiVersion };
    lastSave = { url, appId, saved: true, head, ping };
    revive();
    logger.info({ appId, head, ping }, 'url saved');
    return { saved: true, head, ping };
  }

  function setLive(): SubscriptionReport | null {
    if (target === null) return null;
    revive();
    return standing.report(epochMs());
  }

  function setPolicy(changes: PolicyChanges): Policy {
    standing.setPolicy(policyOf(changes));
    logger.info({ policy: standing.policy() }, 'policy set');
    return standing.policy();
  }

  function refusal(planned: number): SendRefusal | null {
    if (standing.isDisabled()) return 'subscription-disabled';
    if (standing.isSuspended()) return 'subscription-suspended';
    const active = allProgress().filter(({ state }) => state === 'running').length;
    if (active >= MAX_ACTIVE_RUNS || runs.size >= MAX_RUNS) return 'too-many-runs';
    return ledger.reserve(planned) ? null : 'too-many-notifications';
  }

  function send(input: SendInput): SendResult {
    const { ratePerSecond, seed = nextSeed, outageMs, ...request } = SendRequest.parse(input);
    if (target === null) return { kind: 'refused', reason: 'no-subscription' };
    const { url, secret, appId, apiVersion } = target;
    if (missingTopic(request.topics, apiVersion) !== null) {
      return { kind: 'refused', reason: 'topics-of-another-version' };
    }
    const plan = {
      ...request,
      seed,
      topics: topicList(request.topics, apiVersion),
      eachTopicOnce: request.topics === 'all',
    };
    const reason = refusal(plannedTotal(plan));
    if (reason !== null) return { kind: 'refused', reason };
    if (input.seed === undefined) nextSeed = (nextSeed + 1) >>> 0;
    const run = String(runs.size + 1);
    const facts = { seed, appId, apiVersion, ratePerSecond, burst: burstOf(plan), startedAtMs: epochMs() };
    const started = startRun({ run, url, secret, plan, outageMs, facts }, deps);
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
      subscription: standing.report(epochMs()),
      policy: standing.policy(),
      runs: all.length,
      sent: sum(({ sent }) => sent),
      inFlight: sum(({ inFlight }) => inFlight),
      awaitingRetry: sum(({ awaitingRetry }) => awaitingRetry),
      held: sum(({ held }) => held),
      ...total.report(),
    };
  }

  return {
    saveUrl,
    setLive,
    setPolicy,
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
