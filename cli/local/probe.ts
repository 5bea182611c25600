import { once } from 'node:events';
import { connect } from 'node:net';
import { request } from 'undici';
import type { LocalProbe } from './plan.ts';

const PROBE_TIMEOUT_MS = 1_000;

/** Asks once. False for whatever is not a success. */
export async function answers(probe: LocalProbe): Promise<boolean> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    if (probe.path === null) return await opens(probe.port, signal);
    const response = await request(`http://127.0.0.1:${probe.port}${probe.path}`, { signal, reset: true });
    await response.body.dump();
    return response.statusCode >= 200 && response.statusCode < 300;
  } catch {
    return false;
  }
}

async function opens(port: number, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect', { signal });
    return true;
  } finally {
    socket.destroy();
  }
}
