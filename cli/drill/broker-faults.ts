import { eventsStream, withManager } from './events-stream.ts';
import { untilGreets, watch } from './greeting.ts';
import { brokerUrl, type Injection, podsWith, running, type Scene, untilReplaced, untilSeen } from './scene.ts';

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

/** SIGKILL to the server that leads the events stream, which is back when another leads. */
export const killLeader = (scene: Scene): Promise<Injection> =>
  killLeaderOf(scene, { stream: eventsStream(scene), called: 'the events stream' });

export function killLeaderOf(
  scene: Scene,
  { stream, called }: { readonly stream: string; readonly called: string },
): Promise<Injection> {
  return withManager(scene, async (manager) => {
    const leaderOf = async () => (await manager.streams.info(stream)).cluster?.leader;
    const leader = await leaderOf();
    const { pod, pid } = running(
      podsWith(scene, 'server').filter(({ plan }) => plan.name === leader),
      'server',
    );
    const what = `${pod.plan.name} killed, leader of ${called}`;
    scene.note(what);
    const fromMs = Date.now();
    // Back at once it may lead again.
    const release = pod.hold('server');
    process.kill(pid, 'SIGKILL');
    let next: string | undefined;
    try {
      const isElected = async () => {
        next = await leaderOf().catch(() => undefined);
        return next !== undefined && next !== leader;
      };
      await untilSeen('another leader', isElected, { everyMs: 100, signal: scene.signal });
    } finally {
      release();
    }
    await untilReplaced(pod, 'server', pid, scene.signal);
    return { what, fromMs, toMs: Date.now(), proof: `${next} leads now` };
  });
}
