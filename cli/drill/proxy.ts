import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '#cli/local/free-port.ts';
import { DelayLine } from './delay-line.ts';

/** What the proxy does with connections, old and new. */
export type Manner =
  | { readonly kind: 'pass' }
  /** What the server says arrives so much later, in order. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Takes every byte and every connection, and says nothing: what was open or is opened now stays dead for good. */
  | { readonly kind: 'silent' }
  /** Resets what is open and listens no more. */
  | { readonly kind: 'refuse' };

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly answers: DelayLine;
  isDead: boolean;
}

/** How a client begins to publish a notification. */
const PUBLISH = 'HPUB icw.';

/** A TCP proxy on 127.0.0.1 before one nats-server, that fails as networks fail. */
export class FaultProxy {
  readonly #target: number;
  readonly #port: number;
  readonly #links = new Set<Link>();
  #server: Server;
  #manner: Manner = { kind: 'pass' };
  #cutsDue = 0;
  #cuts = 0;
  #joined = 0;

  private constructor(target: number, port: number, server: Server) {
    this.#target = target;
    this.#port = port;
    this.#server = server;
  }

  /** Listens on a port of its own for the server at `natsUrl`. */
  static async open(natsUrl: string): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(Number(new URL(natsUrl).port), await freePort(), server);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** How many publishes were cut so far. */
  get cuts(): number {
    return this.#cuts;
  }

  /** How many connections were taken so far. */
  get joined(): number {
    return this.#joined;
  }

  async behave(manner: Manner): Promise<void> {
    const before = this.#manner.kind;
    this.#manner = manner;
    if (manner.kind === 'silent') for (const link of this.#links) link.isDead = true;
    if (manner.kind === 'refuse' && before !== 'refuse') await this.#shut();
    if (manner.kind !== 'refuse' && before === 'refuse') await this.#listen();
  }

  /** Of the next publish only half reaches the server; then both sides are reset. */
  cutNextPublish(): void {
    this.#cutsDue += 1;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.#shut();
  }

  async #listen(): Promise<void> {
    this.#server = createServer((client) => this.#join(client));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async #shut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const link of this.#links) reset(link);
    await closed;
  }

  #join(client: Socket): void {
    this.#joined += 1;
    const server = connect({ port: this.#target, host: '127.0.0.1' });
    const answers = new DelayLine((chunk) => void client.write(chunk));
    const link: Link = { client, server, answers, isDead: this.#manner.kind === 'silent' };
    this.#links.add(link);
    client.on('data', (chunk: Buffer) => this.#publish(link, chunk));
    server.on('data', (chunk: Buffer) => {
      if (!link.isDead) answers.push(chunk, this.#manner.kind === 'late' ? this.#manner.delayMs : 0);
    });
    client.on('error', () => undefined).on('close', () => this.#drop(link));
    server
      .on('error', () => undefined)
      .on('close', () => {
        if (!link.isDead) this.#drop(link);
      });
  }

  #publish(link: Link, chunk: Buffer): void {
    if (link.isDead) return;
    const start = this.#cutsDue === 0 ? -1 : chunk.indexOf(PUBLISH);
    if (start === -1) {
      link.server.write(chunk);
      return;
    }
    this.#cutsDue -= 1;
    this.#cuts += 1;
    // Nothing behind it may follow.
    link.client.pause();
    link.server.write(chunk.subarray(0, start + Math.ceil((chunk.length - start) / 2)), () => reset(link));
  }

  #drop(link: Link): void {
    this.#links.delete(link);
    link.answers.stop();
    reset(link);
  }
}

function reset({ client, server }: Link): void {
  for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy();
}
