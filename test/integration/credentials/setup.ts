import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { IntercomWebhook, type IntercomWebhookInput } from '#operator/api/v1alpha1.ts';

import { credsOf, type Issuer, type Owner } from '#operator/credentials/issuer.ts';
import type { Role } from '#operator/credentials/keys.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { INBOXES, webhookToken } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import type { NatsTenants } from '#test/support/nats-tenants.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';

export const INGRESS: Role = { kind: 'ingress' };
export const workerOf = (handler: string): Role => ({ kind: 'worker', handler });

/** A resource with what the operator makes for it in NATS. */
export interface Installed {
  readonly webhook: IntercomWebhook;
  readonly owner: Owner;
  readonly token: string;
  /** The operator's, in the account of the namespace. */
  readonly operator: NatsConnection;
  readonly manager: JetStreamManager;
  /** Content of the mounted file. */
  readonly creds: (role: Role, issued?: { issuer?: Issuer; nowMs?: number }) => string;
  /** The mounted file itself. */
  readonly credsFile: (role: Role, content?: string) => string;
  /** As the process of that role connects. */
  readonly connectAs: (role: Role) => Promise<NatsConnection>;
}

export async function install(
  { server, issuer, brokers }: NatsTenants,
  metadata: { namespace: string; name: string },
  { spec = {}, redisUrl }: { spec?: Partial<IntercomWebhookInput['spec']>; redisUrl?: string } = {},
): Promise<Installed> {
  const webhook = IntercomWebhook.parse({ ...webhookInput(spec), metadata });
  const owner: Owner = { uid: randomUUID(), ...(redisUrl === undefined ? {} : { redisUrl }) };
  const token = webhookToken(metadata.namespace, metadata.name);
  const operator = await until(
    async () => {
      const broker = await brokers.of(metadata.namespace);
      if (broker.kind === 'away') throw new Error(broker.message);
      return broker.connection;
    },
    { describe: 'a connection of the operator' },
  );
  const outcome = await reconcileStreams(desiredStreams(webhook, streamFacts(owner)), operator);
  if (outcome.kind !== 'reconciled' || outcome.changes.refused.length > 0)
    throw new Error(`streams are not there: ${JSON.stringify(outcome)}`);
  const creds: Installed['creds'] = (role, issued = {}) =>
    credsOf(issued.issuer ?? issuer, webhook, owner, { role, nowMs: issued.nowMs ?? Date.now() });
  return {
    webhook,
    owner,
    token,
    operator,
    manager: await jetstreamManager(operator, { checkAPI: false }),
    creds,
    credsFile: (role, content = creds(role)) => {
      const path = join(folder(), `${owner.uid}-${Object.values(role).join('-')}`);
      writeFileSync(path, content);
      return path;
    },
    connectAs: (role) =>
      connect({
        servers: server.url,
        authenticator: credsAuthenticator(Buffer.from(creds(role))),
        inboxPrefix: inboxOf(token, role),
        ignoreAuthErrorAbort: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        timeout: 2_000,
      }),
  };
}

function inboxOf(token: string, role: Role): string {
  switch (role.kind) {
    case 'ingress':
      return INBOXES.ingress(token);
    case 'worker':
      return INBOXES.worker(token, role.handler);
  }
}

let mounted: string | null = null;

function folder(): string {
  mounted ??= temporaryFolder('credentials');
  return mounted;
}
