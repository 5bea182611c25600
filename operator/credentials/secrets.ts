import type { V1Secret } from '@kubernetes/client-node';
import { NATS_CREDS_FILE } from '#shared/contract.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { credentialsName } from '../render/credentials.ts';
import { type Component, ingressComponent, metaOf, workerComponent } from '../render/meta.ts';
import type { NatsAccess } from './access.ts';
import { credsOf, type Owner, rolesOf } from './issuer.ts';
import type { Role } from './keys.ts';

/**
 * Pure. The Secret of each workload of a resource, in its namespace and owned by it; none where nothing is needed to log
 * in. Equal bytes until `renewalDueMs`.
 */
export function renderCredentials(
  webhook: IntercomWebhook,
  owner: Owner,
  { access, nowMs }: { access: NatsAccess; nowMs: number },
): V1Secret[] {
  const contentFor = (role: Role): string | null => {
    switch (access.kind) {
      case 'shared':
        return access.creds;
      case 'isolated':
        return credsOf(access.issuer, webhook, owner, { role, nowMs });
    }
  };
  return rolesOf(webhook).flatMap((role) => {
    const creds = contentFor(role);
    return creds === null ? [] : [secret(webhook, owner.uid, { component: componentOf(webhook, role), creds })];
  });
}

function componentOf(webhook: IntercomWebhook, role: Role): Component {
  switch (role.kind) {
    case 'ingress':
      return ingressComponent(webhook);
    case 'worker':
      return workerComponent(webhook, role.handler);
  }
}

const secret = (
  webhook: IntercomWebhook,
  uid: string,
  { component, creds }: { component: Component; creds: string },
): V1Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metaOf(webhook, uid, { ...component, name: credentialsName(component) }),
  type: 'Opaque',
  data: { [NATS_CREDS_FILE]: Buffer.from(creds).toString('base64') },
});
