/** What became of one call to the handler. */
export type Delivery =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterMs: number | null;
      /** Null where nothing of it is of use: it is empty, or a 2xx that is not JSON. */
      readonly answer: Answer | null;
    }
  /** `unavailable`: nothing else was answered meanwhile, so it tells of the handler and not of the message. */
  | { readonly kind: 'timed-out'; readonly unavailable: boolean }
  | { readonly kind: 'unreachable'; readonly error: string };

export interface Answer {
  /** As the handler sent it; empty where it sent none. */
  readonly contentType: string;
  /** Its first {@link MAX_ANSWER_BYTES}. */
  readonly body: Buffer;
  readonly isCut: boolean;
}

/** What is read of an answer; the rest is not waited for. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** `application/json` and what is built on it, such as `application/problem+json`. */
export const isJson = (contentType: string): boolean =>
  /^\s*application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i.test(contentType);

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** How the handler showed itself in a call. */
export type Availability =
  | 'available' // it answered by itself, whatever it said
  | 'unavailable' // refused or broken connection, or a 502, 503, 504: somebody else, or a server that is not ready
  | 'timed-out' // one or the other: the other calls tell
  | 'not-called'; // there was no call after all

export function availabilityOf(delivery: Delivery): Exclude<Availability, 'not-called'> {
  switch (delivery.kind) {
    case 'unreachable':
      return 'unavailable';
    case 'timed-out':
      return 'timed-out';
    case 'answered':
      return AWAY.has(delivery.status) ? 'unavailable' : 'available';
  }
}

const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** The delivery as the circuit saw it: a time-out that does not count against the message is the handler's. */
export const asSeen = (delivery: Delivery, counts: boolean): Delivery =>
  delivery.kind === 'timed-out' ? { kind: 'timed-out', unavailable: !counts } : delivery;
