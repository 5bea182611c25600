import { afterAll } from 'vitest';
import { killChildren, runningChildren } from './child.ts';
import { until } from './until.ts';

const SOCKETS = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'UDPWrap']);
const GRACE_MS = 2000;

const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => SOCKETS.has(name)).length;

/**
 * Fails the test file that leaves a process, a socket or a listener behind. Call it at the top of the file, before any
 * other hook: what is installed first runs last. Servers of `nats-server.ts` see by themselves that no client is left.
 */
export function trackLeaks(): void {
  const before = openSockets();
  afterAll(async () => {
    const children = runningChildren();
    if (children.length > 0) {
      killChildren();
      throw new Error(`left running: ${children.join(', ')}`);
    }
    await until(
      () => openSockets() <= before || Promise.reject(new Error(process.getActiveResourcesInfo().join(' '))),
      {
        describe: `sockets and listeners to be closed, ${before} being open at the start`,
        timeoutMs: GRACE_MS,
      },
    );
  });
}
