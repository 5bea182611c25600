import { type Dispatcher, errors } from 'undici';
import { PATHS } from '#shared/contract.ts';
import { Observation } from '#shared/observation.ts';
import type { ObjectKey } from '../kube/store.ts';

export const READ_FAILURES = ['timeout', 'unreachable', 'status', 'too-large', 'unreadable', 'another-pod'] as const;

export type Fetched =
  | { readonly kind: 'read'; readonly observation: Observation }
  | { readonly kind: 'failed'; readonly reason: (typeof READ_FAILURES)[number] };

/** From where, and whose it has to be: an address that was a pod's may be that of another one now. */
export interface Source {
  readonly webhook: ObjectKey;
  readonly pod: string;
  /** Of the inner port, such as `http://10.0.0.7:9090`. */
  readonly url: string;
}

/**
 * Reads what a receiver saw. Never rejects.
 * @param dispatcher bounds the answer
 * @param signal its firing is a time-out
 */
export async function fetchObservation(
  { webhook, pod, url }: Source,
  { dispatcher, signal }: { dispatcher: Dispatcher; signal: AbortSignal },
): Promise<Fetched> {
  try {
    const { statusCode, body } = await dispatcher.request({ origin: url, path: PATHS.observed, method: 'GET', signal });
    const text = await body.text();
    if (statusCode !== 200) return failed('status');
    const { data } = Observation.safeParse(parse(text));
    if (data === undefined) return failed('unreadable');
    const isThatPod = data.pod === pod && `${data.namespace}/${data.webhook}` === webhook;
    return isThatPod ? { kind: 'read', observation: data } : failed('another-pod');
  } catch (error) {
    if (signal.aborted) return failed('timeout');
    return failed(error instanceof errors.ResponseExceededMaxSizeError ? 'too-large' : 'unreachable');
  }
}

const failed = (reason: (typeof READ_FAILURES)[number]): Fetched => ({ kind: 'failed', reason });

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
