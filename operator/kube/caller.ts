import { setTimeout as delay } from 'node:timers/promises';
import { within } from './deadline.ts';
import { type Call, KubeError, type Refusal, refusalError } from './kube-error.ts';
import { type Outgoing, readBody, retryAfterMs, type Transport } from './transport.ts';

/** How long a caller waits. */
export interface How {
  readonly signal: AbortSignal;
  /** For the whole call, waiting for an overloaded API server included. 15 s where it is absent. */
  readonly timeoutMs?: number;
}

/** Told of every call that ended: `ok`, or the kind of its failure; not of those whose own signal fired. */
export type OnCall = (call: Call, result: 'ok' | KubeError['kind'], seconds: number) => void;

export interface CallerOptions {
  readonly transport: Transport;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onCall: OnCall;
}

export type Caller = <T>(call: Call, outgoing: Outgoing, how: How, read: (answer: Answer) => T) => Promise<T>;

/** An answer that was read to its end. */
export type Answer = Refusal & { readonly isSuccess: boolean };

const TIMEOUT_MS = 15_000;
/** A page of 50 objects of 1.3 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_TRIES = 6;

/**
 * One call, from the outside: it ends in time, waits as often as it fits into that time when the API server asks to come
 * back later, and logs in again once when its token is refused.
 */
export function createCaller({ transport, random, onCall }: CallerOptions): Caller {
  return async (call, outgoing, how, read) => {
    const startedMs = performance.now();
    const tell = (result: Parameters<OnCall>[1]) => onCall(call, result, (performance.now() - startedMs) / 1000);
    const timeoutMs = how.timeoutMs ?? TIMEOUT_MS;
    const onTimeout = () => new KubeError('timed-out', call, `no answer within ${timeoutMs} ms`);
    try {
      const result = await within({ signal: how.signal, timeoutMs, onTimeout }, async (signal) =>
        read(await persist(call, { outgoing, signal, deadlineMs: startedMs + timeoutMs })),
      );
      tell('ok');
      return result;
    } catch (error) {
      if (error instanceof KubeError) tell(error.kind);
      throw error;
    }
  };

  async function persist(
    call: Call,
    { outgoing, signal, deadlineMs }: { outgoing: Outgoing; signal: AbortSignal; deadlineMs: number },
  ): Promise<Answer> {
    let isRefused = false;
    for (let tries = 1; ; tries += 1) {
      const answer = await exchange(call, outgoing, { signal, isRefused });
      if (answer.isSuccess || tries === MAX_TRIES) return answer;
      if (answer.status === 401 && !isRefused) {
        isRefused = true;
        continue;
      }
      const waitMs = pauseMs(answer, random());
      if (waitMs === null || performance.now() + waitMs > deadlineMs) return answer;
      await delay(waitMs, undefined, { signal });
    }
  }

  async function exchange(
    call: Call,
    outgoing: Outgoing,
    { signal, isRefused }: { signal: AbortSignal; isRefused: boolean },
  ): Promise<Answer> {
    try {
      const response = await transport.send(outgoing, signal, isRefused);
      const status = response.statusCode ?? 0;
      const after = retryAfterMs(response);
      return {
        status,
        isSuccess: status >= 200 && status < 300,
        body: await readBody(response, MAX_BODY_BYTES),
        ...(after === undefined ? {} : { retryAfterMs: after }),
      };
    } catch (cause) {
      throw new KubeError('unavailable', call, cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
}

/** What the API server asked for and up to half of it more, so that those who were refused together come apart. */
function pauseMs({ status, retryAfterMs }: Answer, random: number): number | null {
  if (retryAfterMs === undefined || (status !== 429 && status !== 503)) return null;
  return retryAfterMs * (1 + random / 2);
}

/** The body of an answer that was 2xx. @throws KubeError for any other */
export function bodyOf(call: Call, answer: Answer): unknown {
  if (answer.isSuccess) return answer.body;
  throw refusalError(call, answer);
}
