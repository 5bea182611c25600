import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { LocalService } from './plan.ts';
import type { Pod } from './pod.ts';

/**
 * Stands for a Service: one address, each new connection goes to the next ready pod that its selector names. Like
 * kube-proxy it chooses once per connection and knows nothing of HTTP.
 */
export class ServiceListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(service: LocalService, pods: readonly Pod[], port: number): Promise<ServiceListener> {
    const backends = pods.filter((pod) => hasLabels(pod.plan.labels, service.selector));
    let turn = 0;
    const server = createServer({ pauseOnConnect: true });
    const listener = new ServiceListener(server);
    server.on('connection', (client) => {
      const ready = backends.filter((pod) => pod.ready);
      const pod = ready[turn++ % Math.max(1, ready.length)];
      const target = pod?.plan.containers.map((container) => container.ports[service.targetPort]).find(isPort);
      if (target === undefined) client.resetAndDestroy();
      else listener.#join(client, connect({ port: target, host: '127.0.0.1' }));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  /** Bytes both ways; when one side breaks, the other is reset, so that nobody mistakes it for a proper end. */
  #join(client: Socket, upstream: Socket): void {
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => breakOff(other));
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
    }
    client.pipe(upstream).pipe(client);
  }
}

/**
 * Ends a connection by a reset. One whose end is on its way already cannot be reset: libuv refuses, and Node.js then
 * neither closes the socket nor, at the end of the process, stops waiting for it.
 */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

const isPort = (port: number | undefined): port is number => port !== undefined;

/** Whether a selector chooses what has these labels. */
export const hasLabels = (
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);
