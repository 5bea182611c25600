import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BACKLOG } from './limits.ts';

/** @returns the port; 0 asks for a free one. @throws where it is taken */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  server.listen({ host, port, backlog: BACKLOG });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * Takes no new connections, closes those that are idle, and resolves when the last request is answered; those that stall
 * are cut off after `graceMs`, for a server that closes watches its time-outs no more.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
