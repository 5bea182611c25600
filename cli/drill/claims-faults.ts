import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';
import { answers } from '#cli/local/probe.ts';
import { BUCKETS, webhookToken } from '#shared/contract.ts';
import { killLeaderOf } from './broker-faults.ts';
import { type Injection, type Scene, untilReplaced, untilSeen } from './scene.ts';

/** SIGKILL to redis-server, away for `downMs`, then back with the file that it has appended to. */
export async function killRedis(scene: Scene, downMs: number): Promise<Injection> {
  const { pod, pid } = redisOf(scene);
  const what = `redis-server killed for ${downMs} ms`;
  scene.note(what);
  const release = pod.hold('server');
  const fromMs = Date.now();
  let seen: Silence;
  try {
    process.kill(pid, 'SIGKILL');
    seen = await silence(pod, downMs, scene.signal);
  } finally {
    release();
  }
  await untilReplaced(pod, 'server', pid, scene.signal);
  return { what, fromMs, toMs: Date.now(), proof: proofOf(seen) };
}

/** SIGSTOP: connections stay open, and nothing answers. */
export async function freezeRedis(scene: Scene, forMs: number): Promise<Injection> {
  const { pod, pid } = redisOf(scene);
  const what = `redis-server frozen for ${forMs} ms`;
  scene.note(what);
  const fromMs = Date.now();
  let seen: Silence;
  process.kill(pid, 'SIGSTOP');
  try {
    seen = await silence(pod, forMs, scene.signal);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await untilSeen('an answer of redis-server', () => pings(pod), { everyMs: 50, signal: scene.signal });
  return { what, fromMs, toMs: Date.now(), proof: proofOf(seen) };
}

/** Every claim is gone at once. */
export async function flushRedis(scene: Scene): Promise<Injection> {
  const { pod } = redisOf(scene);
  const what = 'redis-server flushed';
  scene.note(what);
  const redis = new Redis(portOf(pod), '127.0.0.1', { commandTimeout: 5_000 });
  try {
    const fromMs = Date.now();
    const gone = await redis.dbsize();
    await redis.flushall('SYNC');
    return { what, fromMs, toMs: Date.now(), proof: gone > 0 ? `${gone} claims are gone` : null };
  } finally {
    redis.disconnect();
  }
}

/** SIGKILL to the server that leads the claims' bucket, which is back when another leads. */
export function killLeaderOfClaims(scene: Scene): Promise<Injection> {
  const [target] = scene.local.webhooks;
  const { namespace = 'default', name = '' } = target?.webhook.metadata ?? {};
  return killLeaderOf(scene, { stream: `KV_${BUCKETS.claims(webhookToken(namespace, name))}`, called: 'the claims' });
}

/** @throws Error in a drill without one */
function redisOf({ local }: Scene): { readonly pod: Pod; readonly pid: number } {
  const pod = local.pods.find(({ plan }) => plan.name === 'redis');
  const pid = pod?.pidOf('server') ?? null;
  if (pod === undefined || pid === null) throw new Error('no redis-server runs');
  return { pod, pid };
}

interface Silence {
  readonly asked: number;
  readonly answered: number;
}

async function silence(pod: Pod, forMs: number, signal: AbortSignal): Promise<Silence> {
  const endMs = performance.now() + forMs;
  let [asked, answered] = [0, 0];
  for await (const _ of pauses(100, signal)) {
    if (performance.now() >= endMs) break;
    asked += 1;
    if (await pings(pod)) answered += 1;
  }
  return { asked, answered };
}

const proofOf = ({ asked, answered }: Silence): string | null =>
  asked > 0 && answered === 0 ? `no answer to ${asked} pings` : null;

const PING_TIMEOUT_MS = 500;

/** A frozen server still takes connections: only an answer tells. */
async function pings(pod: Pod): Promise<boolean> {
  if (!(await answers({ port: portOf(pod), path: null }))) return false;
  const redis = new Redis(portOf(pod), '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    const asked = redis.connect().then(() => redis.ping());
    return await Promise.race([
      asked.then(
        () => true,
        () => false,
      ),
      delay(PING_TIMEOUT_MS, false),
    ]);
  } finally {
    redis.disconnect();
  }
}

const portOf = ({ plan }: Pod): number => plan.containers[0]?.startup?.port ?? 0;
