import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { SECRETS } from '#operator/children.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { INBOXES, NATS_CREDS_FILE, SUBJECTS, webhookToken } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { soon } from '#test/support/kube.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, newOperatorSeed, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { arrange, DEPLOYMENTS } from './installation.ts';

trackLeaks();

const operatorSeed = newOperatorSeed();
const seedFile = join(temporaryFolder('seed'), 'operator.nk');
writeFileSync(seedFile, `${operatorSeed}\n`, { mode: 0o600 });
let api: KubeApiserver;
let tenants: NatsTenants;
beforeAll(async () => {
  api = await startKubeApiserver();
  tenants = await startNatsTenants({ operatorSeed });
});
afterAll(async () => {
  await tenants.close();
  await api.close();
});

const Secret = z.looseObject({ data: z.record(z.string(), z.base64()) });

async function credsIn(kube: Kube, namespace: string, name: string): Promise<Uint8Array | undefined> {
  const found = await kube.get(SECRETS, { namespace, name }, soon());
  if (found === null) return undefined;
  return Buffer.from(Secret.parse(found).data[NATS_CREDS_FILE] ?? '', 'base64');
}

/** As the process connects, but once. */
async function logIn(creds: Uint8Array, inboxPrefix: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(creds);
  const connection = await connect({ servers: tenants.server.url, authenticator, inboxPrefix, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

it('gives each process a Secret to log in with, and shuts out who is not needed any more', async () => {
  const servers = { api, nats: tenants.server };
  const env = { NATS_OPERATOR_SEED_FILE: seedFile };
  const { kube, namespace, write, toBe, condition, at, operator } = await arrange(servers, env);
  const [support] = webhookInput().spec.handlers;
  await write({ handlers: [support, { name: 'other', builtin: { type: 'Noop' } }] });
  await toBe('StreamsReady', 'Reconciled');
  expect(await condition('TenantIsolation')).toMatchObject({ status: 'True', reason: 'AccountPerNamespace' });
  const deployment = await kube.get(DEPLOYMENTS, { namespace, name: 'icw-support-ingress' }, soon());
  expect(JSON.stringify(deployment)).toContain('"icw-support-ingress-nats"');

  const creds = async (name: string) => until(() => credsIn(kube, namespace, name), { describe: `the Secret ${name}` });
  const token = webhookToken(namespace, 'support');
  const ingress = await logIn(await creds('icw-support-ingress-nats'), INBOXES.ingress(token));
  const stored = await ingress.request(SUBJECTS.notification(token, '00', 'contact.created'), '{}', { timeout: 2_000 });
  expect(stored.json()).toMatchObject({ stream: `icw_events_${token}` });

  const other = await logIn(await creds('icw-support-other-worker-nats'), INBOXES.worker(token, 'other'));
  await write({ handlers: [support] });
  await until(() => other.isClosed(), {
    describe: 'the worker of the handler that is gone to be cut off',
    timeoutMs: 10_000,
  });
  await until(async () => (await credsIn(kube, namespace, 'icw-support-other-worker-nats')) === undefined, {
    describe: 'its Secret to go',
  });
  expect(ingress.isClosed()).toBe(false);

  await kube.delete(INTERCOM_WEBHOOKS, at, soon());
  await until(() => ingress.isClosed(), { describe: 'the receiver to be cut off', timeoutMs: 10_000 });
  await until(async () => (await kube.get(INTERCOM_WEBHOOKS, at, soon())) === null, { describe: 'the resource to go' });
  expect(operator.child.log()).not.toMatch(/SO[A-Z0-9]{40}|SU[A-Z0-9]{40}|eyJ0eXAi/);
  await operator.child.close('SIGKILL');
});
