import * as http from 'node:http';
import * as https from 'node:https';
import type { Connection } from './connection.ts';

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly json: unknown };
  /** Its answer does not end: it gets a connection beside those of calls, which would else wait for one. */
  readonly isWatch?: boolean;
}

export interface Transport {
  /**
   * Sends one request and resolves with the answer's head; its body is still to be read.
   * @throws what the socket says, or the signal's reason; the signal also ends the body
   */
  send(outgoing: Outgoing, signal: AbortSignal, isRefused?: boolean): Promise<http.IncomingMessage>;
  /** Closes every connection, those of watches too. */
  close(): void;
}

/** Less than load balancers and API servers (90 s) keep an idle connection, so that we are the one who closes it. */
const IDLE_MS = 30_000;
/** Silent connections are probed from then on, and end after 10 more seconds without an answer. */
const PROBE_AFTER_MS = 15_000;
/** For calls. Watches hold one each, and are as many as there are reflectors. */
const MAX_CONNECTIONS = 64;

/** Plain HTTP/1.1 over kept connections. Knows of no proxy, so no variable of the pod can send a token elsewhere. */
export function createTransport(connection: Connection, userAgent: string): Transport {
  const { server } = connection;
  const isTls = server.protocol === 'https:';
  const options = {
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
    timeout: IDLE_MS,
  };
  const newAgent = (maxSockets: number) =>
    isTls ? new https.Agent({ ...options, maxSockets }) : new http.Agent({ ...options, maxSockets });
  const calls = newAgent(MAX_CONNECTIONS);
  const watches = newAgent(Number.POSITIVE_INFINITY);
  const prefix = server.pathname.replace(/\/$/, '');

  return {
    async send({ method, path, query, body, isWatch = false }, signal, isRefused = false) {
      const { token, tls } = await connection.credentials(isRefused);
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body.json));
      const request = (isTls ? https : http).request({
        agent: isWatch ? watches : calls,
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port === '' ? (isTls ? 443 : 80) : server.port,
        method,
        path: `${prefix}${path}${query === undefined ? '' : `?${new URLSearchParams(query).toString()}`}`,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': payload?.length }),
        },
        signal,
        // Part of what the agent keeps connections apart by: new certificates get new connections.
        ...tls,
      });
      const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
      request.once('response', resolve);
      // Stays for the life of the request: what comes after the head is told by the body too.
      request.on('error', reject);
      request.end(payload);
      return promise;
    },
    close: () => {
      calls.destroy();
      watches.destroy();
    },
  };
}

/**
 * Reads the whole body, as JSON where it is JSON, else as text.
 * @throws Error when it is longer than `maxBytes`, or breaks off
 */
export async function readBody(response: http.IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the response, and its connection with it.
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Of the header `Retry-After`, which the API server gives in seconds. */
export function retryAfterMs(response: http.IncomingMessage): number | undefined {
  const value = response.headers['retry-after'];
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}
