import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';
import type { Pod } from '#cli/local/pod.ts';
import { eventsStream, withManager } from './events-stream.ts';
import { type Injection, podsWith, running, type Scene, untilReplaced } from './scene.ts';

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

/**
 * Every write of nats-server to a file fails, as on a disk without a byte left: its file size limit is 0 (EFBIG). After a
 * failed write nats-server stores nothing more until it is started again, so it is restarted when there is room.
 */
export async function fillDisk(scene: Scene, forMs: number): Promise<Injection> {
  const { pod, pid } = running(podsWith(scene, 'server'), 'server');
  const what = `disk of nats-server takes nothing for ${forMs} ms`;
  scene.note(what);
  const fromMs = Date.now();
  await limitFileSize(pid, '0');
  let complaint: string;
  try {
    await delay(forMs, undefined, { signal: scene.signal });
    complaint = await healthOf(pod);
  } finally {
    await limitFileSize(pid, 'unlimited');
  }
  await pod.stop();
  await pod.start(scene.signal);
  await untilReplaced(pod, 'server', pid, scene.signal);
  return { what, fromMs, toMs: Date.now(), proof: complaint.includes('write error') ? complaint : null };
}

/** Of a process that runs. Only the soft limit, which its owner may raise again. */
async function limitFileSize(pid: number, bytes: '0' | 'unlimited'): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { timeout: 5_000 });
}

/** What nats-server says of itself. */
async function healthOf({ plan }: Pod): Promise<string> {
  const probe = plan.containers[0]?.readiness;
  const { body } = await request(`http://127.0.0.1:${probe?.port}${probe?.path}`, {
    reset: true,
    signal: AbortSignal.timeout(3_000),
  });
  return body.text();
}
