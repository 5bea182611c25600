import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** @returns the port; 0 asks for a free one. @throws where it is taken */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Takes no new connections, closes those that are idle, and resolves when the last request is answered. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}
