import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body, byte for byte, whatever type or coding it is said to have: the signature covers it raw. Calls
 * back once, or never when the sender goes before its end. `too-large` comes as soon as it is known.
 * @param maxBytes of body
 */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Buffer | 'too-large') => void): void {
  // Digits only, else the parser had refused it; absent where the body comes in chunks.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return done('too-large');
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', onData);
  request.on('end', onEnd);

  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes <= maxBytes) return void chunks.push(chunk);
    request.off('data', onData);
    request.off('end', onEnd);
    done('too-large');
  }

  // Always a copy: a chunk is a view of what was read from the socket, and would hold on to all of that.
  function onEnd(): void {
    done(Buffer.concat(chunks, bytes));
  }
}
