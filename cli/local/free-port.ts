import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what Linux (32768…) and macOS (49152…) hand out to outgoing connections, so that nothing takes the port of a
 * server while it is down between two starts.
 */
const FIRST = 10_000;
const END = 32_768;
const ATTEMPTS = 100;

const given = new Set<number>();

/**
 * A TCP port on 127.0.0.1 that nothing listens on, and that this process gets only once.
 * @throws Error when a hundred random ones are all taken
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, END);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port found in ${ATTEMPTS} attempts`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
