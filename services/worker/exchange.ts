import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type Delivery, isJson, isSuccess, MAX_ANSWER_BYTES } from './delivery.ts';

/**
 * One request and what comes back, as undici tells it piece by piece: no stream is made for answers that are mostly
 * empty. One deadline for all of it, from waiting for a connection to the last byte of the answer.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Resolves once; never rejects. */
  readonly ended: Promise<Delivery>;
  readonly #end: (delivery: Delivery) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #isKept = false;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    this.ended = promise;
    this.#end = resolve;
    // Whether other calls were answered meanwhile is not seen from here.
    this.#timer = setTimeout(() => this.#finish({ kind: 'timed-out', unavailable: false }), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) this.#hangUp();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx: the answer is still to come.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#isKept = isJson(headers['content-type'] ?? '') || !isSuccess(status);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    this.#bytes += chunk.length;
    if (this.#isKept) this.#chunks.push(chunk);
    if (this.#bytes > MAX_ANSWER_BYTES) this.#finish(this.#answered());
  }

  onResponseEnd(): void {
    this.#controller = null;
    this.#finish(this.#answered());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: unknown }): void {
    this.#controller = null;
    this.#finish({ kind: 'unreachable', error: typeof error.code === 'string' ? error.code : error.name });
  }

  /** The first end counts. A connection on which something may still come is closed. */
  #finish(delivery: Delivery): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#hangUp();
    this.#end(delivery);
  }

  #hangUp(): void {
    this.#controller?.abort(new Error('nothing more is waited for'));
  }

  #answered(): Delivery {
    const isCut = this.#bytes > MAX_ANSWER_BYTES;
    const contentType = this.#headers['content-type'] ?? '';
    const body = Buffer.concat(this.#chunks).subarray(0, MAX_ANSWER_BYTES);
    return {
      kind: 'answered',
      status: this.#status,
      retryAfterMs: readRetryAfter(this.#headers['retry-after'], Date.now()),
      answer: body.length === 0 ? null : { contentType, body, isCut },
    };
  }
}

/** `Retry-After`: seconds or a date (RFC 9110 §10.2.3), in milliseconds from now; null where there is none. */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  // Each of the three forms of a date begins with the day; Date.parse alone would read one from "1.5".
  const atMs = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
