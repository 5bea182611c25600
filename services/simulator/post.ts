import type { Readable } from 'node:stream';
import { Agent, request as send } from 'undici';
import { epochMs } from './clock.ts';
import type { Manner } from './disturbances.ts';
import { breakOff, dribble } from './dribble.ts';
import type { Outcome } from './penalties/outcome.ts';

const HEADERS = {
  'user-agent': 'intercom-parrot-service-client/1.0',
  accept: 'application/json',
  'content-type': 'application/json',
} as const;

/** A slow sender takes this share of the patience for its body; the rest is the receiver's. */
const DRIBBLE_SHARE = 0.6;

/** Answers have no meaning beyond their status; more than this of one is not read. */
const MAX_ANSWER_BYTES = 65_536;

export interface PosterOptions {
  /** After so long without a whole answer an attempt has failed. */
  readonly patienceMs: number;
  readonly maxInFlight: number;
}

/** One request. */
export interface Letter {
  readonly bytes: Buffer;
  /** The value of `X-Hub-Signature`; `null` sends none. */
  readonly signature: string | null;
  readonly manner: Manner;
}

/** Sends as Intercom does: kept-alive connections, no redirects followed, no retries of its own. Never rejects. */
export interface Poster {
  readonly head: (url: string) => Promise<Outcome>;
  readonly post: (url: string, letter: Letter) => Promise<Outcome>;
  readonly inFlight: () => number;
  readonly hasRoom: () => boolean;
  /** Drops the idle connections; call it when nothing is in flight any more. */
  readonly close: () => Promise<void>;
}

export function createPoster({ patienceMs, maxInFlight }: PosterOptions): Poster {
  // as many connections as requests in flight: none waits unseen inside the pool, so latencies are the receiver's
  const agent = new Agent({ connections: maxInFlight, pipelining: 1, connect: { timeout: patienceMs } });
  let inFlight = 0;

  async function attempt(url: string, parts: (attempt: Attempt) => Parts): Promise<Outcome> {
    let fromMs = epochMs();
    const latencyMs = () => epochMs() - fromMs;
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort('patience'), patienceMs);
    const bodySent = () => {
      fromMs = epochMs();
    };
    inFlight += 1;
    try {
      const request = parts({ bodySent, breakOff: () => cut.abort('sender') });
      const answer = await send(url, { ...request, dispatcher: agent, signal: cut.signal });
      await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal: cut.signal });
      return { kind: 'answered', status: answer.statusCode, latencyMs: latencyMs() };
    } catch (error) {
      if (cut.signal.reason === 'sender') return { kind: 'aborted', latencyMs: latencyMs() };
      if (cut.signal.aborted) return { kind: 'timed-out', latencyMs: latencyMs() };
      return { kind: 'unreachable', code: codeOf(error), latencyMs: latencyMs() };
    } finally {
      clearTimeout(timer);
      inFlight -= 1;
    }
  }

  function bodyOf({ bytes, manner }: Letter, { bodySent, breakOff: broken }: Attempt): Buffer | Readable {
    switch (manner) {
      case 'whole':
        return bytes;
      case 'dribbled':
        return dribble(bytes, patienceMs * DRIBBLE_SHARE, bodySent);
      case 'aborted':
        return breakOff(bytes, broken);
    }
  }

  return {
    head: (url) =>
      attempt(url, () => ({ method: 'HEAD', headers: { 'user-agent': HEADERS['user-agent'] }, body: null })),
    post: (url, letter) =>
      attempt(url, (course) => ({ method: 'POST', headers: headersOf(letter), body: bodyOf(letter, course) })),
    inFlight: () => inFlight,
    hasRoom: () => inFlight < maxInFlight,
    close: () => agent.destroy(),
  };
}

/** What a body that takes its time tells the attempt. */
interface Attempt {
  /** The receiver's time begins only now. */
  readonly bodySent: () => void;
  readonly breakOff: () => void;
}

interface Parts {
  readonly method: 'HEAD' | 'POST';
  readonly headers: Record<string, string>;
  readonly body: Buffer | Readable | null;
}

/** The length is said beforehand, however the body comes. */
function headersOf({ bytes, signature, manner }: Letter): Record<string, string> {
  const length = manner === 'whole' ? {} : { 'content-length': String(bytes.length) };
  return signature === null ? { ...HEADERS, ...length } : { ...HEADERS, ...length, 'x-hub-signature': signature };
}

/** An AggregateError (every address of a name refused) has its code on the first of its causes. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
