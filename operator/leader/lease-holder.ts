import type { Clock } from '../clock.ts';
import type { Kube } from '../kube/kube.ts';
import { KubeError } from '../kube/kube-error.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import { heldSpec, isFree, LEASES, leaseSpecOf, releasedSpec } from './lease.ts';

export interface LeaseHolderOptions {
  readonly kube: Pick<Kube, 'get' | 'create' | 'replace'>;
  readonly ref: ObjectRef;
  /** Unique among all who ever want this lease: the pod's name and something random. */
  readonly identity: string;
  readonly durationMs: number;
  readonly callTimeoutMs: number;
  readonly clock: Clock;
  /** Of the calendar. */
  readonly date: () => Date;
}

/** One who wants a lease, has it, or has had it. Its calls must not overlap. */
export interface LeaseHolder {
  /**
   * Takes or renews the lease, if it may.
   * @returns when this began, by the clock: from then on the lease is ours for its duration; null where it is another's
   * @throws KubeError where the API server could not be asked: what became of the lease is then unknown
   */
  hold(signal: AbortSignal): Promise<number | null>;
  /** Gives up what was held last, so that another need not wait. Does nothing where another has it. @throws KubeError */
  release(signal: AbortSignal): Promise<void>;
}

export function createLeaseHolder(options: LeaseHolderOptions): LeaseHolder {
  const { kube, ref, identity, durationMs, callTimeoutMs, clock, date } = options;
  /** The lease as it came last, and since when it is known to be so. */
  let seen: { readonly lease: KubeObject; readonly sinceMs: number } | null = null;
  /** Whether `seen` is as we wrote it, so that it can be renewed without a look. */
  let isOurs = false;

  const see = (lease: KubeObject): number => {
    const isNew = seen?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion;
    // After it came, not before it was asked for: whoever wrote it did so earlier.
    if (seen === null || isNew) seen = { lease, sinceMs: clock.now() };
    return clock.now() - seen.sinceMs;
  };

  /** The API server takes it only if nobody has written since `lease`. */
  const write = async (lease: KubeObject, spec: object, signal: AbortSignal): Promise<void> => {
    isOurs = false;
    see(await kube.replace(LEASES, { ...lease, spec }, { signal, timeoutMs: callTimeoutMs }));
    isOurs = true;
  };

  const holdOnce = async (signal: AbortSignal): Promise<number | null> => {
    const how = { signal, timeoutMs: callTimeoutMs };
    const held = { identity, durationMs, now: date() };
    const startedMs = clock.now();
    if (isOurs && seen !== null) {
      await write(seen.lease, heldSpec(leaseSpecOf(seen.lease), held), signal);
      return startedMs;
    }
    const lease = await kube.get(LEASES, ref, how);
    if (lease === null) {
      see(await kube.create(LEASES, { metadata: ref, spec: heldSpec(null, held) }, how));
      isOurs = true;
      return startedMs;
    }
    const spec = leaseSpecOf(lease);
    if (!isFree(spec, identity, see(lease))) return null;
    const writtenMs = clock.now();
    await write(lease, heldSpec(spec, held), signal);
    return writtenMs;
  };

  return {
    hold: async (signal) => {
      const wasOurs = isOurs;
      try {
        return await holdOnce(signal);
      } catch (error) {
        isOurs = false;
        if (!isOvertaken(error)) throw error;
        // Somebody has written since: perhaps only a label, so a holder looks who has it now.
        return wasOurs ? holdOnce(signal).catch(nullWhereOvertaken) : null;
      }
    },
    release: async (signal) => {
      if (seen === null || !isOurs) return;
      const { lease } = seen;
      isOurs = false;
      const spec = releasedSpec(leaseSpecOf(lease), date());
      await kube.replace(LEASES, { ...lease, spec }, { signal, timeoutMs: callTimeoutMs }).catch(nullWhereOvertaken);
    },
  };
}

const isOvertaken = (error: unknown): boolean =>
  error instanceof KubeError && (error.kind === 'conflict' || error.kind === 'already-exists');

function nullWhereOvertaken(error: unknown): null {
  if (isOvertaken(error)) return null;
  throw error;
}
