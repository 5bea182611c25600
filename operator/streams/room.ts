/** What a stream holds and may hold, as the server says. Limits of 0 and below are none. */
export interface StreamReading {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  readonly bytes: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How many it has. */
  readonly consumers: number;
}

/** Where a consumer is, read after the stream. */
export interface ConsumerReading {
  readonly name: string;
  /** It and all before it are acknowledged, of those that the consumer is for. */
  readonly ackFloorSeq: number;
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered, not acknowledged. */
  readonly unacknowledged: number;
}

export interface Reading {
  readonly stream: StreamReading;
  readonly consumers: readonly ConsumerReading[];
  /** Names of those that must be there: without one of them nobody knows what it has had. */
  readonly expected: readonly string[];
  /** The stream's last sequence some time ago, long enough for every replica to have it; 0 where that is not known. */
  readonly settledSeq: number;
}

export type RoomDecision =
  | { readonly kind: 'nothing' }
  /** All below this sequence has been dealt with by everybody. */
  | { readonly kind: 'purge'; readonly belowSeq: number }
  /** Nothing can be given up; when there is no room left, what comes waits in the spools. */
  | { readonly kind: 'full'; readonly reason: string };

/** From here on room is made. */
const FULL_SHARE = 0.85;

/**
 * What may go from a stream that is nearly full. To purge what a consumer has not acknowledged is a loss of which
 * nothing is ever heard again: the consumer's floor jumps over it. So in doubt nothing goes. Pure.
 */
export function decideRoom({ stream, consumers, expected, settledSeq }: Reading): RoomDecision {
  if (usedShare(stream) < FULL_SHARE) return { kind: 'nothing' };
  const missing = expected.filter((name) => consumers.every((consumer) => consumer.name !== name));
  if (missing.length > 0) return full(`consumer ${missing.join(', ')} is missing`);
  if (consumers.length < stream.consumers)
    return full(`only ${consumers.length} of ${stream.consumers} consumers answer`);
  const [slowest] = consumers.toSorted((a, b) => neededFrom(a, settledSeq) - neededFrom(b, settledSeq));
  if (slowest === undefined) return full('nobody consumes it');
  const belowSeq = Math.min(neededFrom(slowest, settledSeq), stream.lastSeq + 1);
  if (belowSeq <= stream.firstSeq) return full(`consumer ${slowest.name} has not acknowledged message ${belowSeq}`);
  return { kind: 'purge', belowSeq };
}

const full = (reason: string): RoomDecision => ({ kind: 'full', reason });

function usedShare({ messages, maxMessages, bytes, maxBytes }: StreamReading): number {
  const ofMessages = maxMessages > 0 ? messages / maxMessages : 0;
  const ofBytes = maxBytes > 0 ? bytes / maxBytes : 0;
  return Math.max(ofMessages, ofBytes);
}

/**
 * The first sequence that a consumer may still need. The floor of one with a filter stays at the last message that was for
 * it, and that of a new one at 0 where none was: it would hold back everything for a topic that is rare. One that has
 * nothing before it has had all that there was, as far as its server knew the stream, hence `settledSeq`.
 */
function neededFrom({ ackFloorSeq, pending, unacknowledged }: ConsumerReading, settledSeq: number): number {
  const isIdle = pending === 0 && unacknowledged === 0;
  return (isIdle ? Math.max(ackFloorSeq, settledSeq) : ackFloorSeq) + 1;
}
