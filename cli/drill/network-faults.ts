import { setTimeout as delay } from 'node:timers/promises';
import { pauses } from '#cli/local/pauses.ts';
import { silence } from './broker-faults.ts';
import { greetingMs, untilGreets } from './greeting.ts';
import { type Injection, proxyOf, type Scene } from './scene.ts';

/** Enough to reach whoever publishes, few enough to let it reconnect in between. */
const CUTS = 4;
const CUT_TIMEOUT_MS = 10_000;

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
  const signal = AbortSignal.any([scene.signal, AbortSignal.timeout(CUT_TIMEOUT_MS)]);
  for (let cut = 1; cut <= CUTS; cut += 1) {
    proxy.cutNextPublish();
    for await (const _ of pauses(20, signal)) if (proxy.cuts - before === cut) break;
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
