import type { Observation } from '#shared/observation.ts';

export const NOW = 1_800_000_000;

/** What a receiver would tell that has seen nothing, with fields replaced. */
export const document = (part: Partial<Observation> = {}): Observation => ({
  version: 1,
  namespace: 'crm',
  webhook: 'support',
  pod: 'ingress-0',
  startedAt: NOW - 5_000,
  answers: [],
  topics: [],
  signedAt: [null, null, null],
  lastPingAt: null,
  lastNotificationAt: null,
  lastRefusedAt: null,
  spool: { records: 0, bytes: 0 },
  ...part,
});
