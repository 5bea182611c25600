import { setTimeout as delay } from 'node:timers/promises';
import { readStream } from '#cli/judge/read-stream.ts';
import type { Injection, Scene } from './scene.ts';

const HOT_PER_SECOND = 100;

/** One conversation gets 100 notifications a second, beside all others: more than a handler gets through one by one. */
export async function heatOneKey(scene: Scene, forMs: number): Promise<Injection> {
  const what = `${HOT_PER_SECOND} notifications a second of one conversation for ${forMs} ms`;
  scene.note(what);
  const fromMs = Date.now();
  const count = Math.ceil((HOT_PER_SECOND * forMs) / 1_000);
  const before = await countBySubject(scene);
  await scene.send({
    count,
    ratePerSecond: HOT_PER_SECOND,
    seed: scene.random.int(2 ** 32),
    conversations: 1,
    topics: ['conversation.user.replied'],
  });
  await delay(forMs, undefined, { signal: scene.signal });
  const toMs = Date.now();
  const after = await countBySubject(scene);
  const gained = ([subject, number]: readonly [string, number]) => number - (before.get(subject) ?? 0);
  const [hottest] = [...after].toSorted((a, b) => gained(b) - gained(a));
  if (hottest === undefined) throw new Error('nothing was stored');
  const [about] = hottest;
  const isHot = gained(hottest) > count / 2;
  return { what, fromMs, toMs, proof: isHot ? `${gained(hottest)} more of ${about}` : null, about };
}

/** No fault but that there are so many. */
export async function spreadOverKeys(
  scene: Scene,
  { keys, forMs }: { keys: number; forMs: number },
): Promise<Injection> {
  const fromMs = Date.now();
  await delay(forMs, undefined, { signal: scene.signal });
  const toMs = Date.now();
  const { size } = await countBySubject(scene);
  return { what: `${keys} conversations`, fromMs, toMs, proof: size >= keys ? `${size} keys in the stream` : null };
}

async function countBySubject({ local }: Scene): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { subject } of await readStream(local)) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  return counts;
}
