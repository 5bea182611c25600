import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { pauses } from '#cli/local/pauses.ts';
import type { Manner } from './order.ts';

export interface Stage {
  /** How long a call takes that is worked on. */
  readonly workMs: number;
  /** To be told once, before the first byte of an answer leaves: its status, or null where there will never be a whole one. */
  readonly onEnd: (status: number | null) => void;
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** Answers one call in that manner. Resolves when nothing more will be said; never rejects. */
export async function play(response: ServerResponse, manner: Manner, { workMs, onEnd }: Stage): Promise<void> {
  switch (manner.kind) {
    case 'work': {
      await delay(workMs);
      // Hung up on: what it has done it has done, but nobody heard of it.
      if (response.destroyed) return onEnd(null);
      onEnd(200);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    case 'answer': {
      await delay(workMs);
      const { status, retryAfterS } = manner;
      onEnd(status);
      response.writeHead(status, retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }).end();
      return;
    }
    case 'hang':
      await untilClosed(response);
      return onEnd(null);
    case 'huge':
      onEnd(200);
      return await pour(response, manner.bytes);
    case 'trickle':
      await drip(response, manner.everyMs);
      return onEnd(null);
  }
}

async function untilClosed(response: ServerResponse): Promise<void> {
  if (!response.destroyed) await once(response, 'close').catch(() => undefined);
}

async function pour(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' });
  for (let poured = 0; poured < bytes && !response.destroyed; poured += CHUNK.length) {
    if (!response.write(CHUNK))
      await Promise.race([once(response, 'drain'), untilClosed(response)]).catch(() => undefined);
  }
  response.end();
}

async function drip(response: ServerResponse, everyMs: number): Promise<void> {
  const closed = new AbortController();
  response.on('close', () => closed.abort());
  response.writeHead(200, { 'content-type': 'application/json' });
  try {
    for await (const _ of pauses(everyMs, closed.signal)) response.write(' ');
  } catch {
    // Hung up on.
  }
}
