import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pauses } from '#cli/local/pauses.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { untilGreets, watch } from './greeting.ts';
import { brokerUrl, type Injection, podsWith, running, type Scene, untilReplaced } from './scene.ts';

/** SIGKILL; the server stays away for `downMs`, then starts on the same store and port. */
export async function killBroker(scene: Scene, downMs: number): Promise<Injection> {
  const { pod, pid } = running(podsWith(scene, 'server'), 'server');
  const release = pod.hold('server');
  try {
    return await silence(scene, `nats-server killed for ${downMs} ms`, downMs, {
      begin: () => process.kill(pid, 'SIGKILL'),
      end: release,
    });
  } finally {
    release();
  }
}

/** SIGSTOP for `frozenMs`: connections stay open, and nothing answers. */
export async function freezeBroker(scene: Scene, frozenMs: number): Promise<Injection> {
  const { pid } = running(podsWith(scene, 'server'), 'server');
  let isFrozen = false;
  const thaw = () => {
    if (isFrozen) process.kill(pid, 'SIGCONT');
    isFrozen = false;
  };
  try {
    return await silence(scene, `nats-server frozen for ${frozenMs} ms`, frozenMs, {
      begin: () => {
        process.kill(pid, 'SIGSTOP');
        isFrozen = true;
      },
      end: thaw,
    });
  } finally {
    thaw();
  }
}

interface Switch {
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

/** A fault during which nobody is greeted. */
export async function silence(scene: Scene, what: string, forMs: number, { begin, end }: Switch): Promise<Injection> {
  scene.note(what);
  const fromMs = Date.now();
  await begin();
  const { asked, greeted } = await watch(brokerUrl(scene), forMs, scene.signal);
  await end();
  await untilGreets(brokerUrl(scene), scene.signal);
  const proof = greeted === 0 ? `no greeting in ${asked} tries` : null;
  return { what, fromMs, toMs: Date.now(), proof };
}

/** The stream takes nothing more, then has room again. */
export async function fillStream(scene: Scene, forMs: number): Promise<Injection> {
  const what = `events stream full for ${forMs} ms`;
  scene.note(what);
  return withManager(scene, async (manager) => {
    const stream = eventsStream(scene);
    const { config, state } = await manager.streams.info(stream);
    const fromMs = Date.now();
    await manager.streams.update(stream, { max_bytes: state.bytes });
    const before = (await manager.streams.info(stream)).state.last_seq;
    await delay(forMs, undefined, { signal: scene.signal });
    const after = (await manager.streams.info(stream)).state.last_seq;
    await manager.streams.update(stream, { max_bytes: config.max_bytes });
    const proof = before === after ? `nothing stored after message ${after}` : null;
    return { what, fromMs, toMs: Date.now(), proof };
  });
}

/** SIGKILL to the server that leads the events stream, which starts again at once. */
export async function killLeader(scene: Scene): Promise<Injection> {
  return withManager(scene, async (manager) => {
    const leaderOf = async () => (await manager.streams.info(eventsStream(scene))).cluster?.leader;
    const leader = await leaderOf();
    const { pod, pid } = running(
      podsWith(scene, 'server').filter(({ plan }) => plan.name === leader),
      'server',
    );
    const what = `${pod.plan.name} killed, leader of the events stream`;
    scene.note(what);
    const fromMs = Date.now();
    // Back at once it may lead again.
    const release = pod.hold('server');
    process.kill(pid, 'SIGKILL');
    let next: string | undefined;
    try {
      for await (const _ of pauses(100, AbortSignal.any([scene.signal, AbortSignal.timeout(30_000)]))) {
        next = await leaderOf().catch(() => undefined);
        if (next !== undefined && next !== leader) break;
      }
    } finally {
      release();
    }
    await untilReplaced(pod, 'server', pid, scene.signal);
    return { what, fromMs, toMs: Date.now(), proof: `${next} leads now` };
  });
}

function eventsStream({ local }: Scene): string {
  const [target] = local.webhooks;
  const { namespace = 'default', name = '' } = target?.webhook.metadata ?? {};
  return STREAMS.events(webhookToken(namespace, name));
}

async function withManager<T>(
  { local }: Scene,
  use: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
): Promise<T> {
  const connection: NatsConnection = await connect({ servers: [...local.natsUrls], maxReconnectAttempts: -1 });
  try {
    return await use(await jetstreamManager(connection, { timeout: 3_000 }));
  } finally {
    await connection.close();
  }
}
