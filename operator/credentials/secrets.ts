import type { V1Secret } from '@kubernetes/client-node';
import { NATS_CA_FILE, NATS_CREDS_FILE } from '#shared/contract.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { credentialsName } from '../render/credentials.ts';
import { type Component, ingressComponent, metaOf, workerComponent } from '../render/meta.ts';
import type { NatsAccess } from './access.ts';
import { credsOf, type Owner, rolesOf } from './issuer.ts';
import type { Role } from './keys.ts';

interface Entrance {
  readonly access: NatsAccess;
  /** PEM of those who signed the servers' certificates; null = whom Node.js trusts anyway. */
  readonly authorities: string | null;
  readonly nowMs: number;
}

/**
 * Pure. The Secret of each workload of a resource, in its namespace and owned by it; none where nothing is needed to get
 * in. Equal bytes until `renewalDueMs`.
 */
export function renderCredentials(
  webhook: IntercomWebhook,
  owner: Owner,
  { access, authorities, nowMs }: Entrance,
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
    const files = { [NATS_CREDS_FILE]: contentFor(role), [NATS_CA_FILE]: authorities };
    const data = encoded(files);
    return Object.keys(data).length === 0 ? [] : [secret(webhook, owner.uid, componentOf(webhook, role), data)];
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

/** Without what there is none of. */
const encoded = (files: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([name, content]) =>
      content === null ? [] : [[name, Buffer.from(content).toString('base64')]],
    ),
  );

const secret = (
  webhook: IntercomWebhook,
  uid: string,
  component: Component,
  data: Readonly<Record<string, string>>,
): V1Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metaOf(webhook, uid, { ...component, name: credentialsName(component) }),
  type: 'Opaque',
  data,
});
