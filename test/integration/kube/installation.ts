import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'vitest';
import * as z from 'zod';
import type { Condition } from '#operator/api/status.ts';
import { SECRETS, WATCHED } from '#operator/children.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { KubeObject, Resource } from '#operator/kube/resource.ts';
import { MANAGED } from '#operator/render/meta.ts';
import { BUCKETS, STREAMS, webhookToken } from '#shared/contract.ts';
import { usedBy } from '#test/support/audit-log.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { soon, testNamespace } from '#test/support/kube.ts';
import { type KubeApiserver, type KubeApiserverOptions, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { adminKube, installCrd, operatorAccount, startOperator } from '#test/support/operator.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';

export interface Servers {
  readonly api: KubeApiserver;
  readonly nats: NatsServer;
}

export const startServers = async (options: KubeApiserverOptions = {}): Promise<Servers> => ({
  api: await startKubeApiserver(options),
  nats: await startNatsServer(),
});

export interface AuditedServers extends Servers {
  /** What an operator asked of the API server so far; by the namespace of its own. */
  readonly usedBy: (home: string) => ReturnType<typeof usedBy>;
}

export async function startAuditedServers(): Promise<AuditedServers> {
  const auditLog = join(temporaryFolder('audit'), 'audit.log');
  const servers = await startServers({ auditLog });
  return { ...servers, usedBy: (home) => usedBy(auditLog, `system:serviceaccount:${home}:operator`) };
}

export async function closeServers({ api, nats }: Servers): Promise<void> {
  await api.close();
  await nats.close();
}

export const kindOf = (kind: string): Resource =>
  WATCHED.find((each) => each.kind === kind) ?? expect.unreachable(kind);
export const DEPLOYMENTS = kindOf('Deployment');
export const CONFIG_MAPS = kindOf('ConfigMap');

/** As an older release might have installed it: it lets in what we do not take. */
export const installOlderCrd = (kube: Kube) =>
  installCrd(kube, (crd) => {
    const [version] = crd.spec.versions;
    const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const properties = { ...version?.schema.openAPIV3Schema.properties, spec };
    const schema = { openAPIV3Schema: { type: 'object', properties } };
    return { ...crd, spec: { ...crd.spec, versions: [{ ...version, schema }] } };
  });

/** A namespace with its operator and a Secret, and what one asks about the resource `support` in it. */
export async function arrange({ api, nats }: Servers, env: Readonly<Record<string, string>> = {}) {
  const kube = await adminKube(api);
  await installCrd(kube);
  const namespace = await testNamespace(kube);
  await secret(kube, namespace, { 'client-secret': 'c2VjcmV0' });
  const account = await operatorAccount(api, kube);
  const operator = await startOperator(account.kubeconfig, { NATS_URL: nats.url, WATCH_NAMESPACES: namespace, ...env });
  const at = { namespace, name: 'support' };
  const write = (spec: object = {}, metadata: object = {}) =>
    kube.apply(
      INTERCOM_WEBHOOKS,
      { metadata: { ...at, ...metadata }, spec: { ...webhookInput().spec, ...spec } },
      { ...soon(), force: true },
    );
  const condition = async (type: string): Promise<Condition | undefined> => {
    const webhook = await kube.get(INTERCOM_WEBHOOKS, at, soon());
    return webhook === null ? undefined : conditionsOf(webhook).find((each) => each.type === type);
  };
  const toBe = (type: string, reason: string) =>
    until(
      async () => {
        const found = await condition(type);
        return found?.reason === reason ? found : undefined;
      },
      { describe: `${type} to be ${reason}`, timeoutMs: 15_000 },
    );
  return { kube, namespace, operator, at, write, condition, toBe, account };
}

export const secret = (kube: Kube, namespace: string, data: Record<string, string>) =>
  kube.apply(SECRETS, { metadata: { namespace, name: 'intercom-support' }, data }, { ...soon(), force: true });

export async function childrenIn(kube: Kube, namespace: string, kinds = WATCHED): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const resource of kinds) {
    for await (const page of kube.pages(resource, { namespace, labelSelector: MANAGED }, soon())) {
      found.push(...page.items);
    }
  }
  return found;
}

export const namesOf = (objects: readonly KubeObject[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

export const RECEIVER = [
  'ConfigMap icw-support-ingress',
  'Deployment icw-support-ingress',
  'NetworkPolicy icw-support-ingress',
  'PodDisruptionBudget icw-support-ingress',
  'Service icw-support-ingress',
  'ServiceAccount icw-support-ingress',
];
export const workerOf = (handler: string): string[] =>
  ['ConfigMap', 'Deployment', 'NetworkPolicy', 'ServiceAccount'].map((kind) => `${kind} icw-support-${handler}-worker`);

const Scaled = z.looseObject({ spec: z.looseObject({ replicas: z.int() }) });

export async function replicasOf(kube: Kube, namespace: string, name: string): Promise<number> {
  return Scaled.parse(await kube.get(DEPLOYMENTS, { namespace, name }, soon())).spec.replicas;
}

/** Those that the resource alone has. */
export const ownStreams = (namespace: string) => {
  const token = webhookToken(namespace, 'support');
  return [STREAMS.events(token), `KV_${BUCKETS.claims(token)}`];
};

async function withManager<T>(use: (manager: JetStreamManager) => Promise<T>, of: NatsServer): Promise<T> {
  const connection = await connect({ servers: of.url });
  try {
    return await use(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

export const streamNames = (of: NatsServer): Promise<string[]> =>
  withManager(async (manager) => {
    const names: string[] = [];
    for await (const { config } of manager.streams.list()) names.push(config.name);
    return names;
  }, of);

export const consumersOf = (of: NatsServer, namespace: string): Promise<string[]> =>
  withManager(async (manager) => {
    const names: string[] = [];
    for await (const { name } of manager.consumers.list(STREAMS.events(webhookToken(namespace, 'support'))))
      names.push(name);
    return names;
  }, of);
