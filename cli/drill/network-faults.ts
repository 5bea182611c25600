import { setTimeout as delay } from 'node:timers/promises';
import { silence } from './broker-faults.ts';
import { greetingMs, untilGreets, watch } from './greeting.ts';
import { type Injection, nameOf, proxyOf, type Scene, untilSeen } from './scene.ts';

/** Enough to reach whoever publishes, few enough to let it reconnect in between. */
const CUTS = 4;

/** Everything that the broker says comes `delayMs` late. */
export async function delayAnswers(scene: Scene, delayMs: number, forMs: number): Promise<Injection> {
  const proxy = proxyOf(scene);
  const what = `answers of the broker ${delayMs} ms late for ${forMs} ms`;
  scene.note(what);
  const fromMs = Date.now();
  await proxy.behave({ kind: 'late', delayMs });
  try {
    const [greeting] = await Promise.all([
      greetingMs(proxy.url, delayMs + 1_000),
      delay(forMs, undefined, { signal: scene.signal }),
    ]);
    const proof = greeting !== null && greeting >= delayMs ? `greeting after ${Math.round(greeting)} ms` : null;
    return { what, fromMs, toMs: Date.now(), proof };
  } finally {
    await proxy.behave({ kind: 'pass' });
  }
}

/** Connections are reset when half of a publish is through. */
export async function cutPublishes(scene: Scene): Promise<Injection> {
  const proxy = proxyOf(scene);
  const what = `${CUTS} publishes cut by a reset`;
  scene.note(what);
  const fromMs = Date.now();
  const before = proxy.cuts;
  for (let cut = 1; cut <= CUTS; cut += 1) {
    proxy.cutNextPublish();
    await untilSeen('a publish to cut', () => proxy.cuts - before === cut, { everyMs: 20, signal: scene.signal });
  }
  await untilGreets(proxy.url, scene.signal);
  return { what, fromMs, toMs: Date.now(), proof: `${proxy.cuts - before} cut` };
}

/** Connections stay open and nothing passes, as when a firewall forgets them. New ones work after `forMs`. */
export function forgetConnections(scene: Scene, forMs: number): Promise<Injection> {
  const proxy = proxyOf(scene);
  return silence(scene, `connections half-open, new ones too for ${forMs} ms`, forMs, {
    begin: () => proxy.behave({ kind: 'silent' }),
    end: () => proxy.behave({ kind: 'pass' }),
  });
}

/** Connections are reset and new ones refused. */
export function refuseConnections(scene: Scene, forMs: number): Promise<Injection> {
  const proxy = proxyOf(scene);
  return silence(scene, `connections refused for ${forMs} ms`, forMs, {
    begin: () => proxy.behave({ kind: 'refuse' }),
    end: () => proxy.behave({ kind: 'pass' }),
  });
}

/** The broker's name cannot be looked up any more, and connections are reset, so that somebody looks. */
export async function forgetName(scene: Scene, forMs: number): Promise<Injection> {
  const [proxy, name] = [proxyOf(scene), nameOf(scene)];
  const what = `DNS name of the broker gone for ${forMs} ms`;
  scene.note(what);
  const missesBefore = await name.misses();
  const fromMs = Date.now();
  await name.forget();
  try {
    await proxy.behave({ kind: 'refuse' });
    await proxy.behave({ kind: 'pass' });
    const joinedBefore = proxy.joined;
    const { asked, greeted } = await watch(scene.local.natsUrl, forMs, scene.signal);
    const [misses, joined] = [(await name.misses()) - missesBefore, proxy.joined - joinedBefore];
    const proof = `${misses} lookups failed and nobody came, while the server greeted by its address`;
    return { what, fromMs, toMs: Date.now(), proof: misses > 0 && joined === 0 && greeted === asked ? proof : null };
  } finally {
    await name.know();
  }
}
