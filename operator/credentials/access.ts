import type { Issuer } from './issuer.ts';
import type { Role } from './keys.ts';
import { validityAt } from './validity.ts';

/** How processes get into NATS. */
export type NatsAccess =
  /** All by the same user, or, with null, by none. */
  { readonly kind: 'shared'; readonly creds: string | null } | { readonly kind: 'isolated'; readonly issuer: Issuer };

/** Whether each process has a Secret, as `RenderFacts` has it. */
export const hasCredentials = (access: NatsAccess): boolean => access.kind === 'isolated' || access.creds !== null;

/** Public keys of the users of a resource, by which they are revoked and admitted. None where all are one user. */
export function usersOf(access: NatsAccess, uid: string, roles: readonly Role[]): string[] {
  switch (access.kind) {
    case 'shared':
      return [];
    case 'isolated':
      return roles.map((role) => access.issuer.keys.user(uid, role).publicKey);
  }
}

/** When a resource is to be given other credentials than now, in ms since 1970; null = never. */
export function renewalDueMs(access: NatsAccess, { uid, nowMs }: { uid: string; nowMs: number }): number | null {
  switch (access.kind) {
    case 'shared':
      return null;
    case 'isolated':
      return validityAt(nowMs, { uid, periodMs: access.issuer.periodMs }).renewedAtMs;
  }
}
