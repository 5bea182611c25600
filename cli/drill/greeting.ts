import { once } from 'node:events';
import { connect } from 'node:net';
import { pauses } from '#cli/local/pauses.ts';

/** A server on this machine greets within a millisecond; what says nothing for so long is away. */
const PATIENCE_MS = 400;
/** One that is back may be slow at first, on a busy machine above all. */
const BACK_PATIENCE_MS = 2_000;
const BACK_TIMEOUT_MS = 30_000;

/** Connects as a NATS client does. @returns how long the server's greeting took, or null where none came in time */
export async function greetingMs(natsUrl: string, patienceMs = PATIENCE_MS): Promise<number | null> {
  const { hostname, port } = new URL(natsUrl);
  const startedMs = performance.now();
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(patienceMs) })) as [Buffer];
    return chunk.toString('latin1').startsWith('INFO ') ? performance.now() - startedMs : null;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

/** Asks for `forMs`, at least once. @returns how often, and how often there was a greeting */
export async function watch(
  natsUrl: string,
  forMs: number,
  signal: AbortSignal,
): Promise<{ readonly asked: number; readonly greeted: number }> {
  const endMs = performance.now() + forMs;
  let [asked, greeted] = [0, 0];
  for await (const _ of pauses(100, signal)) {
    if (asked > 0 && performance.now() >= endMs) break;
    asked += 1;
    if ((await greetingMs(natsUrl)) !== null) greeted += 1;
  }
  return { asked, greeted };
}

/** @throws Error when the server greets nobody within 30 s */
export async function untilGreets(natsUrl: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + BACK_TIMEOUT_MS;
  for await (const _ of pauses(50, signal)) {
    if ((await greetingMs(natsUrl, BACK_PATIENCE_MS)) !== null) return;
    if (performance.now() > deadlineMs) throw new Error(`${natsUrl} is not back after 30 s`);
  }
}
