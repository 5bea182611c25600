import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { CONTROL, Flapping, type HandlerState, Order } from './order.ts';
import { play } from './play.ts';
import { Script } from './script.ts';

export interface ScriptedHandlerOptions {
  readonly host: string;
  readonly port: number;
  readonly workMs: number;
  /** Told of each call when it begins and when it ends, as the echo handler does. */
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Longer than any pause between two calls: a connection must not end by itself just as a call leaves. */
const KEEP_ALIVE_MS = 72_000;

/** A handler that does what it is told by `PUT`. */
export class ScriptedHandler {
  readonly #options: ScriptedHandlerOptions;
  readonly #server: Server;
  readonly #script = new Script();
  #openings = 0;

  private constructor(options: ScriptedHandlerOptions) {
    this.#options = options;
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async open(options: ScriptedHandlerOptions): Promise<ScriptedHandler> {
    const handler = new ScriptedHandler(options);
    await handler.#listen();
    return handler;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    // What is written to somebody who has hung up.
    response.on('error', () => undefined);
    if (url === CONTROL.order && method === 'GET') return this.#tell(response);
    if (url === CONTROL.order && method === 'PUT') {
      this.#script.follow(Order.parse(await json(request)));
      return this.#tell(response);
    }
    if (url === CONTROL.flapping && method === 'PUT') {
      const flapping = Flapping.parse(await json(request));
      this.#tell(response);
      return await this.#flap(flapping);
    }
    request.resume();
    await this.#call(request, response);
  }

  #tell(response: ServerResponse): void {
    const state: HandlerState = { order: this.#script.order, met: this.#script.met, openings: this.#openings };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state));
  }

  async #call({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log, workMs } = this.#options;
    const idempotencyKey = String(headers['idempotency-key']);
    const fields = { idempotencyKey, attempt: headers['x-delivery-attempt'], subject: headers['ce-subject'] };
    log(fields, 'call begins');
    const onEnd = (status: number | null) => log({ ...fields, status }, 'call ends');
    await play(response, this.#script.mannerOf(idempotencyKey), { workMs, onEnd });
  }

  /** Away and there in turns; there in the end. */
  async #flap({ everyMs, forMs }: Flapping): Promise<void> {
    const endMs = performance.now() + forMs;
    while (performance.now() < endMs) {
      await this.close();
      await delay(everyMs);
      await this.#listen();
      await delay(everyMs);
    }
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.#openings += 1;
  }
}
