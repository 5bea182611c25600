import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { until } from '#test/support/until.ts';

export interface ReceivedCall {
  /** Of the notification. */
  readonly id: string;
  readonly attempt: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HandlerAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A handler that a test tells what to answer. */
export interface TestHandler {
  readonly url: string;
  readonly port: number;
  /** Every call, in the order in which they came. */
  readonly calls: readonly ReceivedCall[];
  readonly mostAtOnce: number;
  /** TCP connections that were opened. */
  readonly connections: number;
  /** Resolves with the calls once there are `count`. */
  untilCalls: (count: number, timeoutMs?: number) => Promise<readonly ReceivedCall[]>;
  close: () => Promise<void>;
}

export type Respond = (call: ReceivedCall) => HandlerAnswer | Promise<HandlerAnswer>;

export async function startHandler(respond: Respond, port = 0): Promise<TestHandler> {
  const calls: ReceivedCall[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let connections = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    const call = {
      id: String(request.headers['ce-id']),
      attempt: Number(request.headers['x-delivery-attempt']),
      headers: request.headers,
      body: await buffer(request),
    };
    calls.push(call);
    const { status, headers = {}, body = '' } = await respond(call);
    atOnce -= 1;
    response.writeHead(status, headers).end(body);
  };
  const server = createServer((request, response) => {
    // A caller that went away, or a respond() that threw: the worker sees a connection that broke.
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', () => {
    connections += 1;
  });
  const listening = Promise.withResolvers<void>();
  server.listen({ host: '127.0.0.1', port }, listening.resolve);
  await listening.promise;
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/handle?by=test`,
    port: address.port,
    calls,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get connections() {
      return connections;
    },
    untilCalls: (count, timeoutMs = 15_000) =>
      until(() => (calls.length >= count ? calls : null), { describe: `${count} calls`, timeoutMs }),
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
