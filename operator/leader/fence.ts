import type { Brokers } from '../credentials/brokers.ts';
import type { Kube } from '../kube/kube.ts';
import type { Leadership } from './campaign.ts';

/** The calls that change something, which only a leader may make. */
export type Writes = Pick<Kube, 'apply' | 'applyStatus' | 'create' | 'adoptFields' | 'replace' | 'delete'>;

/**
 * Lets a write go out only while leadership is held at that moment. A process that stood still for longer than its lease
 * goes on with what it was about to do before any timer of its own could tell it that another leads.
 */
export function fence(kube: Writes, leadership: Leadership): Writes {
  const guarded =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (!leadership.isHeld()) throw new Error('no longer the leader', { cause: leadership.signal.reason });
      return write(...args);
    };
  return {
    apply: guarded(kube.apply.bind(kube)),
    applyStatus: guarded(kube.applyStatus.bind(kube)),
    create: guarded(kube.create.bind(kube)),
    adoptFields: guarded(kube.adoptFields.bind(kube)),
    replace: guarded(kube.replace.bind(kube)),
    delete: guarded(kube.delete.bind(kube)),
  };
}

/** The same for NATS: who does not lead gets no connection to change anything by, and shuts nobody out. */
export function fenceBrokers(brokers: Brokers, leadership: Leadership): Omit<Brokers, 'close'> {
  const away = { kind: 'away', message: 'no longer the leader' } as const;
  return {
    of: async (namespace) => (leadership.isHeld() ? brokers.of(namespace) : away),
    admit: async (namespace, users) => (leadership.isHeld() ? brokers.admit(namespace, users) : away),
    revoke: async (namespace, users) => (leadership.isHeld() ? brokers.revoke(namespace, users) : away),
  };
}
