import type { Outcome } from '#services/simulator/penalties/outcome.ts';

export const answered = (status: number, latencyMs = 20): Outcome => ({ kind: 'answered', status, latencyMs });
export const timedOut: Outcome = { kind: 'timed-out', latencyMs: 5000 };
export const unreachable: Outcome = { kind: 'unreachable', code: 'ECONNREFUSED', latencyMs: 1 };
export const aborted: Outcome = { kind: 'aborted', latencyMs: 20 };
