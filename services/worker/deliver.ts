import { Pool } from 'undici';
import type { Delivery } from './delivery.ts';
import { Exchange } from './exchange.ts';

export interface Handler {
  /** One call. Resolves for whatever happens; never rejects. */
  call(headers: Record<string, string>, body: Uint8Array): Promise<Delivery>;
  close(): Promise<void>;
}

export interface HandlerTarget {
  readonly url: string;
  /** For the whole call, answer's body included. */
  readonly timeoutMs: number;
  /** Connections, each used for one call at a time and kept open between calls. */
  readonly connections: number;
  /** Bearer token, for a service that runs elsewhere; null = none. Asked for each call, for it may be replaced. */
  readonly token: (() => string) | null;
}

/** A handler that speaks HTTP. Redirects are not followed: the body is personal data and goes where it was declared to. */
export function httpHandler(target: HandlerTarget): Handler {
  const { origin, pathname, search } = new URL(target.url);
  const path = pathname + search;
  const pool = new Pool(origin, { connections: target.connections, pipelining: 1, connect: { timeout: 5_000 } });
  const { token } = target;
  return {
    call(headers, body) {
      const authorization = token === null ? {} : { authorization: `Bearer ${token()}` };
      const exchange = new Exchange(target.timeoutMs);
      // The exchange has one deadline for everything.
      const deadlines = { headersTimeout: 0, bodyTimeout: 0 };
      pool.dispatch({ path, method: 'POST', headers: { ...headers, ...authorization }, body, ...deadlines }, exchange);
      return exchange.ended;
    },
    close: () => pool.destroy(),
  };
}
