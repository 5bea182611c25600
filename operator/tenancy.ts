import type { ConditionFinding } from './api/condition-types.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { SECRETS } from './children.ts';
import { hasCredentials, type NatsAccess, usersOf } from './credentials/access.ts';
import type { Brokers } from './credentials/brokers.ts';
import { rolesOf } from './credentials/issuer.ts';
import type { Done } from './credentials/tenants.ts';
import type { Kube } from './kube/kube.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Writes } from './leader/fence.ts';
import { isControlledBy } from './owner-references.ts';
import { credentialsName } from './render/credentials.ts';
import { workerComponent } from './render/meta.ts';

export interface TenancyDeps {
  readonly facts: { readonly access: NatsAccess; readonly authorities: string | null };
  readonly brokers: Pick<Brokers, 'admit' | 'revoke'>;
  readonly kube: Pick<Kube, 'get'> & Pick<Writes, 'delete'>;
}

/** Whether NATS itself keeps tenants apart. */
export function isolationFinding({ kind }: NatsAccess): ConditionFinding {
  const type = 'TenantIsolation';
  switch (kind) {
    case 'isolated':
      return { type, status: 'True', reason: 'AccountPerNamespace', message: 'each namespace has an account in NATS' };
    case 'shared': {
      const message =
        'all processes share one user of NATS: give the operator a signing key, so that each namespace has an account';
      return { type, status: 'False', reason: 'SharedUser', message };
    }
  }
}

/** Handlers that the status still knows, and the spec does not. */
export function goneHandlers({ status }: KubeObject, { spec }: IntercomWebhook): string[] {
  const { handlers } = (status ?? {}) as { handlers?: readonly { readonly name: string }[] };
  const names = new Set(spec.handlers.map(({ name }) => name));
  return (handlers ?? []).map(({ name }) => name).filter((name) => !names.has(name));
}

/** Lets in who works for the resource now, and no longer who did so for a handler that is gone. */
export async function keepUsers(
  object: KubeObject,
  webhook: IntercomWebhook,
  deps: TenancyDeps,
  signal: AbortSignal,
): Promise<Done> {
  const { access, authorities } = deps.facts;
  const hasSecret = hasCredentials(access) || authorities !== null;
  const { namespace } = webhook.metadata;
  const { uid } = object.metadata;
  const gone = goneHandlers(object, webhook);
  for (const handler of gone) {
    const ref = { namespace, name: credentialsName(workerComponent(webhook, handler)) };
    const secret = hasSecret ? await deps.kube.get(SECRETS, ref, { signal }) : null;
    if (secret !== null && isControlledBy(secret, uid)) {
      await deps.kube.delete(SECRETS, ref, { signal, preconditions: { uid: secret.metadata.uid } });
    }
  }
  const before = usersOf(
    access,
    uid,
    gone.map((handler) => ({ kind: 'worker', handler })),
  );
  const revoked = before.length === 0 ? DONE : await deps.brokers.revoke(namespace, before);
  if (revoked.kind === 'away') return revoked;
  return deps.brokers.admit(namespace, usersOf(access, uid, rolesOf(webhook)));
}

const DONE: Done = { kind: 'done' };
