import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { type DeadLetterServer, serveDeadLetters } from '#cli/dlq/serve-local.ts';
import type { Status } from '#operator/api/status.ts';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import type { RenderFacts } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { desiredStreams, type StreamFacts } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { bundle } from './bundle.ts';
import { localCommands } from './commands.ts';
import { freePort } from './free-port.ts';
import { type NatsFacts, natsServers, redisServer } from './infrastructure.ts';
import { Installation, type InstallationEvents } from './installation.ts';
import { readManifests, type Secrets } from './manifests.ts';
import { type LocalPod, planLocal, portsNeeded } from './plan.ts';
import type { Pod } from './pod.ts';
import { localStatus } from './status.ts';

export interface UpOptions {
  /** Manifests: IntercomWebhooks and the Secrets they refer to. */
  readonly file: string;
  /** Claims in a redis-server instead of JetStream. */
  readonly redis: boolean;
  /** One server that leaves syncing to the kernel where nothing is said. Streams have as many copies as there are servers. */
  readonly nats?: Pick<NatsFacts, 'servers' | 'syncAlways'>;
  /** Puts something between the processes and NATS: told the servers' URLs, it says which ones the processes get. */
  readonly between?: (natsUrls: readonly string[]) => Promise<readonly string[]>;
  /** How long a receiver that is to end still accepts; 200 where nothing is said. */
  readonly drainDelayMs?: number;
  /** Of every process of our image, beside what the image sets. */
  readonly imageEnv?: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly events: InstallationEvents;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface LocalWebhook {
  readonly webhook: IntercomWebhook;
  /** Where Intercom would send: the receiver's Service on this machine. */
  readonly url: string;
  /** The first signing secret, for whoever plays Intercom. */
  readonly clientSecret: string;
}

export interface Local {
  readonly webhooks: readonly LocalWebhook[];
  readonly pods: readonly Pod[];
  /** Of the first NATS server. */
  readonly natsUrl: string;
  /** Of every NATS server itself, whatever the processes were given. */
  readonly natsUrls: readonly string[];
  /** What the operator does whenever it looks: brings the streams of every webhook to what its resource declares. */
  readonly reconcileStreams: () => Promise<void>;
  /** What the operator would write into the status of one of the webhooks now. */
  readonly statusOf: (webhook: IntercomWebhook, signal: AbortSignal) => Promise<Status>;
  /** Starts one more program beside them, such as a simulator. */
  readonly startPods: (plans: readonly LocalPod[], signal: AbortSignal) => Promise<Pod[]>;
  /** Ends all processes and removes all files. */
  stop(): Promise<void>;
}

/** Our image, by a name that nothing else has. */
const LOCAL_IMAGE = 'intercom-operator:local';
/** Of dead letters and of effects, on a developer's disk. */
const SHARED_MAX_BYTES = 1024 ** 3;

/**
 * What the operator does in a cluster, on this machine: servers, streams, then the rendered workloads as processes.
 * @throws Error that names the step and what to do; nothing is left running then
 */
export async function up(options: UpOptions): Promise<Local> {
  const manifests = await readManifests(options.file);
  for (const id of manifests.ignored)
    options.onProgress(`${id} is ignored: local mode knows IntercomWebhook and Secret`);
  const stateDir = await mkdtemp(join(tmpdir(), 'intercom-operator-'));
  const installation = new Installation(options.events);
  // It holds secrets: also an end that is not orderly removes it.
  let deadLetters: DeadLetterServer | undefined;
  const removeNow = () => {
    deadLetters?.removeNow();
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', removeNow);
  const stop = async () => {
    await deadLetters?.close();
    await installation.stop();
    await rm(stateDir, { recursive: true, force: true });
    process.off('exit', removeNow);
  };
  try {
    const facts = { stateDir, env: options.env, onProgress: options.onProgress };
    const nats = await natsServers({ ...facts, servers: 1, syncAlways: false, ...options.nats });
    const redis = options.redis ? await redisServer(facts) : null;
    options.onProgress(`starting nats-server${redis === null ? '' : ' and redis-server'}`);
    const imageDir = join(stateDir, 'image');
    await Promise.all([
      bundle(imageDir),
      installation.startPods([...nats.map(({ pod }) => pod), ...(redis === null ? [] : [redis.pod])], options.signal),
    ]);
    const natsUrls = nats.map(({ url }) => url);
    const urls = { natsUrls, givenUrls: (await options.between?.(natsUrls)) ?? natsUrls, redisUrl: redis?.url };
    const webhooks: LocalWebhook[] = [];
    for (const webhook of manifests.webhooks) {
      webhooks.push(
        await upOne(webhook, { ...options, ...urls, stateDir, imageDir, installation, secrets: manifests.secrets }),
      );
    }
    deadLetters = await serveDeadLetters({
      natsUrls,
      webhooks: webhooks.map(({ webhook: { metadata } }) => `${metadata.namespace}/${metadata.name}`),
      env: options.env,
      onLine: (line) => options.events.onLine('operator', 'dead-letters', line),
      onProgress: options.onProgress,
    });
    const startPods = installation.startPods.bind(installation);
    const reconcileStreams = async () => {
      for (const { webhook } of webhooks) await bringUpStreams(webhook, factsOf(webhook, urls), natsUrls);
    };
    const { pods } = installation;
    const scene = { ...manifests, pods, natsUrls, factsOf: (webhook: IntercomWebhook) => factsOf(webhook, urls) };
    const statusOf: Local['statusOf'] = (webhook, signal) => localStatus(webhook, scene, signal);
    return { webhooks, pods, natsUrl: natsUrls[0] ?? '', natsUrls, reconcileStreams, statusOf, startPods, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Urls {
  readonly natsUrls: readonly string[];
  /** What the processes get in their place. */
  readonly givenUrls: readonly string[];
  readonly redisUrl: string | undefined;
}

interface OneOptions extends UpOptions, Urls {
  readonly stateDir: string;
  readonly imageDir: string;
  readonly installation: Installation;
  readonly secrets: Secrets;
}

const factsOf = (
  { metadata: { namespace, name } }: IntercomWebhook,
  { natsUrls, givenUrls, redisUrl }: Urls,
): RenderFacts & StreamFacts => ({
  uid: `local-${namespace}-${name}`,
  clusterId: 'local',
  image: LOCAL_IMAGE,
  natsUrls: givenUrls,
  logLevel: 'info',
  replicas: natsUrls.length,
  sharedMaxBytes: SHARED_MAX_BYTES,
  ...(redisUrl === undefined ? {} : { redisUrl }),
});

async function upOne(webhook: IntercomWebhook, options: OneOptions): Promise<LocalWebhook> {
  const { name, namespace } = webhook.metadata;
  const facts = factsOf(webhook, options);
  options.onProgress(`${name}: bringing up its streams`);
  await bringUpStreams(webhook, facts, options.natsUrls);
  const objects = render(webhook, facts);
  const ports = await Promise.all(Array.from({ length: portsNeeded(objects) }, freePort));
  const plan = planLocal(objects, {
    commands: localCommands(webhook),
    secrets: options.secrets,
    stateDir: join(options.stateDir, name),
    freePort: () => ports.pop() ?? 0,
    image: LOCAL_IMAGE,
    // `node` is the one that runs us.
    path: `${dirname(process.execPath)}${delimiter}${options.env['PATH'] ?? ''}`,
    imageDir: options.imageDir,
    drainDelayMs: options.drainDelayMs,
    // What is compiled at one start is there for the next.
    imageEnv: { NODE_COMPILE_CACHE: join(options.imageDir, 'compiled'), ...options.imageEnv },
  });
  options.onProgress(`${name}: starting ${plan.pods.map((pod) => pod.name).join(', ')}`);
  const services = await options.installation.startPlan(plan, options.signal);
  await options.installation.untilReady(options.signal);
  const [service] = services.values();
  const ref = webhook.spec.signing.secretKeyRefs[0];
  return {
    webhook,
    url: `http://127.0.0.1:${service}${webhook.spec.endpoint.path}`,
    clientSecret: options.secrets.get(`${namespace}/${ref?.name}`)?.[ref?.key ?? ''] ?? '',
  };
}

/** @throws Error naming what the server refused, and what to do */
async function bringUpStreams(
  webhook: IntercomWebhook,
  facts: StreamFacts,
  natsUrls: readonly string[],
): Promise<void> {
  const connection = await connect({ servers: [...natsUrls] });
  try {
    const outcome = await reconcileStreams(desiredStreams(webhook, facts), connection);
    if (outcome.kind === 'unsupported-server') throw new Error(outcome.message);
    const { refused } = outcome.changes;
    const lines = refused.map(({ object, field, reason, remedy }) => `${object} ${field}: ${reason}; ${remedy}`);
    if (lines.length > 0) throw new Error(lines.join('\n'));
  } finally {
    await connection.close();
  }
}
