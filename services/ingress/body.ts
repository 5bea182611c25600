import type { IncomingMessage } from 'node:http';

/** `gave-way`: it was the longest under way when all that are became too much together. */
export type Body = Buffer | 'too-large' | 'gave-way';

export interface BodyLimits {
  /** Of one body. */
  readonly maxBytes: number;
  /** Of all together of which something is still to come; two of the largest at least. */
  readonly maxUnfinishedBytes: number;
}

interface Unfinished {
  /** What it takes in memory: at most four times what came. */
  bytes: number;
  readonly giveWay: () => void;
}

/**
 * Reads bodies, byte for byte, whatever type or coding they are said to have: the signature covers them raw.
 *
 * Until a body has come in full nobody knows whose it is, so anybody can have us hold bytes. They are held to a total, and
 * where it is exceeded the one that has been at it longest gives way: to push out a sender that keeps going, somebody has to
 * send faster than it, not just open connections. What comes in one piece, as almost all does, is never among them.
 */
export class BodyReader {
  readonly #limits: BodyLimits;
  /** In the order in which they began. */
  readonly #unfinished = new Set<Unfinished>();
  #unfinishedBytes = 0;

  constructor({ maxBytes, maxUnfinishedBytes }: BodyLimits) {
    this.#limits = { maxBytes, maxUnfinishedBytes: Math.max(maxUnfinishedBytes, 2 * maxBytes) };
  }

  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /** Calls back once, or never when the sender goes before the end. `too-large` comes as soon as it is known. */
  read(request: IncomingMessage, done: (body: Body) => void): void {
    const { maxBytes } = this.#limits;
    // Digits only, else the parser had refused it; absent where the body comes in chunks.
    const announced = Number(request.headers['content-length'] ?? Number.NaN);
    if (announced > maxBytes) return done('too-large');
    let buffer: Buffer = EMPTY;
    let bytes = 0;
    let unfinished: Unfinished | null = null;
    const stop = (body: Body): void => {
      request.off('data', onData);
      request.off('end', onEnd);
      if (unfinished !== null) this.#leave(unfinished);
      done(body);
    };
    const onData = (chunk: Buffer): void => {
      const needed = bytes + chunk.length;
      if (needed > maxBytes) return stop('too-large');
      if (needed === announced && bytes === 0) {
        // Copied, as a chunk may be a view of all that was read from the socket.
        buffer = Buffer.from(chunk);
      } else {
        if (needed > buffer.length) buffer = grown(buffer, needed, announced || maxBytes);
        chunk.copy(buffer, bytes);
      }
      bytes = needed;
      if (bytes === announced) return;
      if (unfinished === null) {
        const joined: Unfinished = { bytes: 0, giveWay: () => stop('gave-way') };
        unfinished = joined;
        request.once('close', () => this.#leave(joined));
      }
      this.#holds(unfinished, buffer.length);
    };
    const onEnd = (): void => {
      if (unfinished !== null) this.#leave(unfinished);
      done(bytes === buffer.length ? buffer : Buffer.from(buffer.subarray(0, bytes)));
    };
    request.on('data', onData);
    request.on('end', onEnd);
  }

  #holds(body: Unfinished, bytes: number): void {
    this.#unfinished.add(body);
    this.#unfinishedBytes += bytes - body.bytes;
    body.bytes = bytes;
    for (const oldest of this.#unfinished) {
      if (this.#unfinishedBytes <= this.#limits.maxUnfinishedBytes) return;
      oldest.giveWay();
    }
  }

  #leave(body: Unfinished): void {
    if (this.#unfinished.delete(body)) this.#unfinishedBytes -= body.bytes;
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * Four times as large, so that a mebibyte is copied 1.3 times, and a sender of single bytes costs no object for each. A buffer
 * of its own, not a part of one that others share: who sends slowly holds on to nothing else.
 */
function grown(buffer: Buffer, needed: number, maxBytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, 4 * buffer.length)));
  buffer.copy(larger);
  return larger;
}
