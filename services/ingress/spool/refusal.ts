import { asError } from '#shared/logger.ts';

/**
 * `full`: as much as was allowed is there. `busy`: too much waits for the disk. `too-large`: no segment would hold it.
 * `disk-full`, `read-only`, `io`: what the file system said.
 */
export type RefusalReason = 'full' | 'busy' | 'too-large' | 'disk-full' | 'read-only' | 'io' | 'closed';

export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly error: Error;
}

export type AppendResult = { kind: 'durable' } | Refused;

export const refused = (reason: RefusalReason, message: string): Refused => ({
  kind: 'refused',
  reason,
  error: new Error(message),
});

/** What an error of the file system means to who wanted to append. */
export function refusedBy(thrown: unknown): Refused {
  const error = asError(thrown);
  const code = 'code' in error ? error.code : undefined;
  return { kind: 'refused', reason: (typeof code === 'string' && REASONS[code]) || 'io', error };
}

/** EFBIG is the limit of a process (`ulimit -f`), EDQUOT that of a user. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'disk-full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
};
