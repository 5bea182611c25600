import type { ConditionFinding } from './api/condition-types.ts';
import type { RenderFacts } from './render/facts.ts';

/** Whether NATS itself keeps tenants apart. */
export function isolationFinding(_: Pick<RenderFacts, 'natsUrls'>): ConditionFinding {
  const type = 'TenantIsolation';
  return {
    type,
    status: 'False',
    reason: 'SharedUser',
    message:
      'all processes share one user of NATS: give the operator a signing key, so that each namespace has an account',
  };
}
