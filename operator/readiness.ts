import type { Readiness } from '#shared/inner-server.ts';

export interface Problems {
  /** What our role lacks. */
  readonly forbidden: readonly string[];
  /** Of each copy that we keep; null where it can be relied on. */
  readonly mirrors: readonly (string | null)[];
}

/** A replica that does not lead is as ready as one that does. */
export function readinessOf({ forbidden, mirrors }: Problems): Readiness {
  const lacking = forbidden.length === 0 ? [] : [`the role does not allow: ${listed(forbidden)}`];
  const reasons = [...lacking, ...mirrors.filter((problem) => problem !== null)];
  return reasons.length === 0 ? { kind: 'ready' } : { kind: 'not-ready', reason: reasons.join('\n') };
}

/** A role that is not there at all lacks everything, in each of the namespaces. */
const MAX_LISTED = 30;

const listed = (rules: readonly string[]): string =>
  [...rules.slice(0, MAX_LISTED), ...(rules.length > MAX_LISTED ? [`${rules.length - MAX_LISTED} more`] : [])].join(
    ', ',
  );
