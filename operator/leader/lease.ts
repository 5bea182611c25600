import * as z from 'zod';
import type { KubeObject, Resource } from '../kube/resource.ts';

export const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' };

const Spec = z.object({
  /** Empty or absent where it was released. */
  holderIdentity: z.string().default(''),
  leaseDurationSeconds: z.number().default(0),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseTransitions: z.int().default(0),
});
export type LeaseSpec = z.output<typeof Spec>;

export const leaseSpecOf = (lease: KubeObject): LeaseSpec => Spec.parse(lease['spec'] ?? {});

/**
 * Whether a lease may be taken by `identity`: its own, a released one, or one that nobody has renewed for as long as its
 * holder said. `unchangedMs` is how long we have seen it as it is, by our own clock: no two clocks are compared.
 */
export const isFree = (spec: LeaseSpec, identity: string, unchangedMs: number): boolean =>
  spec.holderIdentity === '' || spec.holderIdentity === identity || unchangedMs > spec.leaseDurationSeconds * 1000;

/** The spec with which `identity` takes or renews a lease. Times are for people to read. */
export function heldSpec(
  before: LeaseSpec | null,
  { identity, durationMs, now }: { identity: string; durationMs: number; now: Date },
) {
  const isRenewal = before?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: (isRenewal ? before.acquireTime : null) ?? microTime(now),
    renewTime: microTime(now),
    leaseTransitions: before === null ? 0 : before.leaseTransitions + (isRenewal ? 0 : 1),
  };
}

/** The spec of a lease that nobody holds. The API server takes no duration below a second. */
export const releasedSpec = (before: LeaseSpec, now: Date) => ({
  holderIdentity: '',
  leaseDurationSeconds: 1,
  renewTime: microTime(now),
  leaseTransitions: before.leaseTransitions,
});

/** As meta/v1 wants it: six digits behind the second. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
