import { Agent, request } from 'undici';
import { epochMs } from './clock.ts';
import type { Outcome } from './penalties.ts';

const HEADERS = {
  'user-agent': 'intercom-parrot-service-client/1.0',
  accept: 'application/json',
  'content-type': 'application/json',
} as const;

/** Answers have no meaning beyond their status; more than this of one is not read. */
const MAX_ANSWER_BYTES = 65_536;

export interface PosterOptions {
  /** After so long without a whole answer an attempt has failed. */
  readonly patienceMs: number;
  readonly maxInFlight: number;
}

/** Sends as Intercom does: kept-alive connections, no redirects followed, no retries of its own. Never rejects. */
export interface Poster {
  readonly head: (url: string) => Promise<Outcome>;
  /** @param signature the value of `X-Hub-Signature`; `null` sends none */
  readonly post: (url: string, bytes: Buffer, signature: string | null) => Promise<Outcome>;
  readonly inFlight: () => number;
  readonly hasRoom: () => boolean;
  /** Drops the idle connections; call it when nothing is in flight any more. */
  readonly close: () => Promise<void>;
}

export function createPoster({ patienceMs, maxInFlight }: PosterOptions): Poster {
  // as many connections as requests in flight: none waits unseen inside the pool, so latencies are the receiver's
  const agent = new Agent({ connections: maxInFlight, pipelining: 1, connect: { timeout: patienceMs } });
  let inFlight = 0;

  async function attempt(url: string, parts: Attempt): Promise<Outcome> {
    const startedAtMs = epochMs();
    const latencyMs = () => epochMs() - startedAtMs;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    inFlight += 1;
    try {
      const answer = await request(url, { ...parts, dispatcher: agent, signal: patience.signal });
      await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal: patience.signal });
      return { kind: 'answered', status: answer.statusCode, latencyMs: latencyMs() };
    } catch (error) {
      if (patience.signal.aborted) return { kind: 'timed-out', latencyMs: latencyMs() };
      return { kind: 'unreachable', code: codeOf(error), latencyMs: latencyMs() };
    } finally {
      clearTimeout(timer);
      inFlight -= 1;
    }
  }

  return {
    head: (url) => attempt(url, { method: 'HEAD', headers: { 'user-agent': HEADERS['user-agent'] } }),
    post: (url, bytes, signature) =>
      attempt(url, {
        method: 'POST',
        headers: signature === null ? HEADERS : { ...HEADERS, 'x-hub-signature': signature },
        body: bytes,
      }),
    inFlight: () => inFlight,
    hasRoom: () => inFlight < maxInFlight,
    close: () => agent.destroy(),
  };
}

interface Attempt {
  readonly method: 'HEAD' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: Buffer;
}

/** An AggregateError (every address of a name refused) has its code on the first of its causes. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
