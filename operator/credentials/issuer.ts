import { webhookToken } from '#shared/contract.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { type AccountLimits, NO_LIMITS } from './account.ts';
import { deriveKeys, type Keys, type Role } from './keys.ts';
import { ingressPermissions, type Permissions, workerPermissions } from './permissions.ts';
import { userCreds } from './user.ts';
import { DAY_MS, validityAt } from './validity.ts';

/** Issues credentials in the name of the NATS operator. */
export interface Issuer {
  readonly keys: Keys;
  readonly limits: AccountLimits;
  readonly periodMs: number;
}

export interface IssuerOptions {
  /** `SO…` */
  readonly operatorSeed: string;
  readonly clusterId: string;
  readonly limits?: Partial<AccountLimits>;
  /** How long one lot of credentials is issued, in whole seconds; they hold three times as long. Default: a day. */
  readonly periodMs?: number;
}

/** @throws Error where the seed is none of a NATS operator */
export const createIssuer = ({ operatorSeed, clusterId, limits, periodMs = DAY_MS }: IssuerOptions): Issuer => ({
  keys: deriveKeys(operatorSeed, clusterId),
  limits: { ...NO_LIMITS, ...limits },
  periodMs,
});

/** Everybody who logs in for a resource. */
export const rolesOf = ({ spec }: IntercomWebhook): Role[] => [
  { kind: 'ingress' },
  ...spec.handlers.map(({ name }): Role => ({ kind: 'worker', handler: name })),
];

/** What is known of a resource beside itself. */
export interface Owner {
  readonly uid: string;
  /** Where it is given, claims live in Redis. */
  readonly redisUrl?: string;
}

/** Pure. The content of the file that a process logs in with: the same bytes throughout a period. Secret. */
export function credsOf(
  issuer: Issuer,
  webhook: IntercomWebhook,
  owner: Owner,
  at: { role: Role; nowMs: number },
): string {
  const { namespace, name } = webhook.metadata;
  return userCreds(
    {
      name: [namespace, name, ...(at.role.kind === 'worker' ? ['worker', at.role.handler] : ['ingress'])].join('/'),
      account: issuer.keys.account(namespace),
      key: issuer.keys.user(owner.uid, at.role),
      permissions: permissionsOf(webhook, owner, at.role),
    },
    validityAt(at.nowMs, { uid: owner.uid, periodMs: issuer.periodMs }),
  );
}

function permissionsOf({ metadata, spec }: IntercomWebhook, { redisUrl }: Owner, role: Role): Permissions {
  const webhook = webhookToken(metadata.namespace, metadata.name);
  switch (role.kind) {
    case 'ingress':
      return ingressPermissions(webhook);
    case 'worker': {
      const { handler } = role;
      const orderBy = spec.handlers.find(({ name }) => name === handler)?.orderBy ?? 'None';
      return workerPermissions({ webhook, handler, orderBy, hasBucket: redisUrl === undefined });
    }
  }
}
