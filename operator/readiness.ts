import type { Readiness } from '#shared/inner-server.ts';

export interface Problems {
  /** What our role lacks. */
  readonly forbidden: readonly string[];
  /** Of each copy that we keep; null where it can be relied on. */
  readonly mirrors: readonly (string | null)[];
}

/** A replica that does not lead is as ready as one that does. */
export function readinessOf({ forbidden, mirrors }: Problems): Readiness {
  const lacking = forbidden.length === 0 ? [] : [`the role does not allow: ${forbidden.join(', ')}`];
  const reasons = [...lacking, ...mirrors.filter((problem) => problem !== null)];
  return reasons.length === 0 ? { kind: 'ready' } : { kind: 'not-ready', reason: reasons.join('\n') };
}
