import type { Outcome } from '../receive.ts';

/**
 * What an answer is to Intercom: one that ends its row of errors, one that is among them, or none of its business. Only
 * a signature proves that it is Intercom that got a 200: nobody else can end the row.
 */
export type Effect = 'ok' | 'error' | 'other';

/** Of a request whose body was to be read. */
export function effectOf(outcome: Outcome, userAgent: string | undefined): Effect {
  switch (outcome.kind) {
    case 'stored':
    case 'other-workspace':
    case 'unreadable':
      return 'ok';
    case 'ping':
      return outcome.secretIndex === null ? 'other' : 'ok';
    case 'too-large':
      return outcome.isSigned ? 'error' : unsigned(userAgent);
    case 'refused':
      return unsigned(userAgent);
    case 'unavailable':
      return outcome.reason === 'receiving' ? unsigned(userAgent) : 'error';
  }
}

/** Of a request that was answered without its body: another path or method. */
export const effectUnread = (status: number, userAgent: string | undefined): Effect =>
  status < 400 ? 'other' : unsigned(userAgent);

/** Anybody can call himself so, but only to make the budget look smaller than it is. */
export const isIntercoms = (userAgent: string | undefined): boolean =>
  userAgent?.startsWith('intercom-parrot-service-client/') ?? false;

const unsigned = (userAgent: string | undefined): Effect => (isIntercoms(userAgent) ? 'error' : 'other');
