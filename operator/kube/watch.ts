import * as z from 'zod';
import { derive } from './deadline.ts';
import { type Call, KubeError, refusalError } from './kube-error.ts';
import { lines } from './lines.ts';
import { KubeObject } from './resource.ts';
import { type Outgoing, readBody, retryAfterMs, type Transport } from './transport.ts';

export type WatchEvent =
  | { readonly kind: 'changed'; readonly object: KubeObject }
  | { readonly kind: 'deleted'; readonly object: KubeObject }
  /** Nothing else has happened up to this resource version. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** The watch fails where nothing comes for so long. */
  readonly silenceMs: number;
  /** Called when the API server has taken the watch. */
  readonly onOpen?: () => void;
}

/** An object is at most 3 MiB in etcd. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** The API server answers with the head of a watch at once. */
const OPEN_TIMEOUT_MS = 10_000;
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * The events of one watch request, until the API server ends it. Leaving the loop closes the connection.
 * @throws KubeError: `gone` where the resource version is too old, `timed-out` on silence, `unavailable` where the
 *   connection breaks; or the reason of the signal
 */
export async function* watchOnce(
  transport: Transport,
  call: Call,
  outgoing: Outgoing,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { controller, release } = derive(options.signal);
  const { signal } = controller;
  const endAfter = (delayMs: number) =>
    setTimeout(() => controller.abort(new KubeError('timed-out', call, `silent for ${delayMs} ms`)), delayMs);
  let silence = endAfter(OPEN_TIMEOUT_MS);
  try {
    const response = await open(transport, outgoing, signal);
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      const after = retryAfterMs(response);
      const body = await readBody(response, MAX_REFUSAL_BYTES);
      throw refusalError(call, { status, body, ...(after === undefined ? {} : { retryAfterMs: after }) });
    }
    options.onOpen?.();
    clearTimeout(silence);
    silence = endAfter(options.silenceMs);
    for await (const line of lines(response, MAX_LINE_BYTES)) {
      silence.refresh();
      yield toEvent(call, line);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KubeError) throw error;
    throw new KubeError('unavailable', call, error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    clearTimeout(silence);
    release();
    controller.abort();
  }
}

async function open(transport: Transport, outgoing: Outgoing, signal: AbortSignal) {
  const response = await transport.send(outgoing, signal);
  if (response.statusCode !== 401) return response;
  await readBody(response, MAX_REFUSAL_BYTES);
  return transport.send(outgoing, signal, true);
}

const Line = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), object: z.unknown() });
const Bookmark = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const Failure = z.object({ code: z.int() });

function toEvent(call: Call, text: string): WatchEvent {
  const { type, object } = Line.parse(JSON.parse(text));
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object: KubeObject.parse(object) };
    case 'DELETED':
      return { kind: 'deleted', object: KubeObject.parse(object) };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: Bookmark.parse(object).metadata.resourceVersion };
    case 'ERROR':
      throw refusalError(call, { status: Failure.safeParse(object).data?.code ?? 500, body: object });
  }
}
