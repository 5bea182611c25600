import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A body leaves in so many pieces. */
const PIECES = 10;
/** What was written leaves the process before the connection is closed. */
const FLUSH_MS = 20;

/** The bytes spread over `overMs`, the first piece at once. Calls `onEnd` when the last one is on its way. */
export function dribble(bytes: Buffer, overMs: number, onEnd: () => void): Readable {
  return asStream(async function* pieces() {
    const size = Math.ceil(bytes.length / PIECES);
    for (let from = 0; from < bytes.length; from += size) {
      if (from > 0) await sleep(overMs / (PIECES - 1));
      yield bytes.subarray(from, from + size);
    }
    onEnd();
  });
}

/** Half of the bytes; then `abort` is called, and nothing follows. */
export function breakOff(bytes: Buffer, abort: () => void): Readable {
  return asStream(async function* half() {
    yield bytes.subarray(0, Math.floor(bytes.length / 2));
    await sleep(FLUSH_MS);
    abort();
  });
}

const asStream = (pieces: () => AsyncIterable<Buffer>): Readable => Readable.from(pieces(), { objectMode: false });
