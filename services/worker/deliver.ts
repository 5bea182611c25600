import { Agent } from 'undici';
import { asError } from '#shared/logger.ts';
import type { Delivery } from './settle.ts';

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
  /** Bearer token, for a service that runs elsewhere. */
  readonly token: string | null;
}

/** What is read of an answer; the rest is not waited for. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A handler that speaks HTTP. Redirects are not followed: the body is personal data and goes where it was declared to. */
export function httpHandler(target: HandlerTarget): Handler {
  const url = new URL(target.url);
  const agent = new Agent({ connections: target.connections, pipelining: 1, connect: { timeout: 5_000 } });
  const authorization = target.token === null ? {} : { authorization: `Bearer ${target.token}` };
  return {
    async call(headers, body) {
      try {
        const response = await agent.request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'POST',
          headers: { ...headers, ...authorization },
          body,
          signal: AbortSignal.timeout(target.timeoutMs),
          headersTimeout: target.timeoutMs,
          bodyTimeout: target.timeoutMs,
        });
        await response.body.dump({ limit: MAX_ANSWER_BYTES });
        const retryAfterMs = readRetryAfter(response.headers['retry-after'], Date.now());
        return { kind: 'answered', status: response.statusCode, retryAfterMs };
      } catch (error) {
        return failure(asError(error));
      }
    },
    close: () => agent.destroy(),
  };
}

/** `Retry-After`: seconds or a date (RFC 9110 §10.2.3), in milliseconds from now; null where there is none. */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  // Each of the three forms of a date begins with the day; Date.parse alone would read one from "1.5".
  const atMs = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

function failure(error: Error & { code?: unknown }): Delivery {
  if (error.name === 'TimeoutError' || error.name === 'HeadersTimeoutError' || error.name === 'BodyTimeoutError') {
    return { kind: 'timed-out' };
  }
  return { kind: 'unreachable', error: typeof error.code === 'string' ? error.code : error.name };
}
