import type { Server } from 'node:http';
import type { Limits } from './limits.ts';

/** How many connections a server has open, and what it does about too many. */
export class Connections {
  readonly #maxKept: number;
  #open = 0;

  /** @param onRefused told of each that was closed because as many as may be are open */
  constructor(server: Server, { maxConnections, maxKeptConnections, maxHeaders }: Limits, onRefused: () => void) {
    this.#maxKept = maxKeptConnections;
    const onClose = (): void => {
      this.#open -= 1;
    };
    server.maxConnections = maxConnections;
    server.maxHeadersCount = maxHeaders;
    server.on('drop', onRefused);
    server.on('connection', (socket) => {
      this.#open += 1;
      socket.on('close', onClose);
    });
  }

  get open(): number {
    return this.#open;
  }

  /** Whether one is to be closed after its answer. Then none is closed under a request. */
  get isCrowded(): boolean {
    return this.#open > this.#maxKept;
  }
}
