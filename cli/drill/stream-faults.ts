import { setTimeout as delay } from 'node:timers/promises';
import { eventsStream, withManager } from './events-stream.ts';
import type { Injection, Scene } from './scene.ts';

/** Somebody deletes the events stream; after `forMs` the operator makes it again. */
export async function deleteStream(scene: Scene, forMs: number): Promise<Injection> {
  const what = `events stream deleted, made again after ${forMs} ms`;
  scene.note(what);
  return withManager(scene, async (manager) => {
    const stream = eventsStream(scene);
    const { created: before, state } = await manager.streams.info(stream);
    const fromMs = Date.now();
    await manager.streams.delete(stream);
    const forgottenAtMs = Date.now();
    await delay(forMs, undefined, { signal: scene.signal });
    await scene.local.reconcileStreams();
    const { created: after } = await manager.streams.info(stream);
    const proof = after === before ? null : `${state.messages} messages deleted, another stream since ${after}`;
    return { what, fromMs, toMs: Date.now(), proof, forgottenAtMs };
  });
}
