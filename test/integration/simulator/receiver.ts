import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** One request as it came, in the order of arrival. */
export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** When the head was there; `atMs` is when the body was. */
  readonly headAtMs: number;
  /** On the connection that carried it. */
  readonly port: number | undefined;
  readonly atMs: number;
}

/** Answers by itself: a status, or nothing until `release`. */
export type Answer = number | 'hold' | 'reset';

/** A webhook endpoint that remembers everything. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  readonly posts: () => Received[];
  /** Requests that ended in the middle of their bodies, so many bytes each. */
  readonly aborted: number[];
  /** Answers all that is held with 200. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

/** @param answer decides what each request gets, by what came and how many of its method came before */
export async function startReceiver(answer: (received: Received, before: number) => Answer): Promise<Receiver> {
  const received: Received[] = [];
  const held: ServerResponse[] = [];
  const aborted: number[] = [];
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headAtMs = performance.now();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      aborted.push(Buffer.concat(chunks).length);
      return;
    }
    const { method = '', headers, socket } = request;
    const bytes = Buffer.concat(chunks);
    const arrived = { method, headers, bytes, headAtMs, port: socket.remotePort, atMs: performance.now() };
    const before = received.filter((each) => each.method === method).length;
    received.push(arrived);
    const decision = answer(arrived, before);
    if (decision === 'hold') held.push(response);
    else if (decision === 'reset') socket.resetAndDestroy();
    else response.writeHead(decision).end(method === 'HEAD' ? '' : '{}');
  }
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/intercom`,
    received,
    aborted,
    posts: () => received.filter(({ method }) => method === 'POST'),
    release: () => {
      for (const response of held.splice(0)) response.writeHead(200).end();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const Notification = z.object({
  id: z.string().nullable(),
  app_id: z.string(),
  topic: z.string(),
  delivery_attempts: z.number(),
  delivery_status: z.string().nullable(),
  created_at: z.number(),
  data: z.object({ item: z.looseObject({}) }),
});

export type Notification = z.output<typeof Notification>;

export function notificationOf({ bytes }: Pick<Received, 'bytes'>): Notification {
  return Notification.parse(JSON.parse(bytes.toString('utf8')));
}
