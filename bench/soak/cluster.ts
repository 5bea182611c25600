import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultProxy } from '#cli/drill/proxy.ts';
import { bundle } from '#cli/local/bundle.ts';
import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { NAMESPACES, type Resource } from '#operator/kube/resource.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { type OperatorProcess, startOperatorProcess } from '#test/support/operator-process.ts';
import { until } from '#test/support/until.ts';

/** A replica of the operator, with a way to the API server that can be broken for it alone. */
export interface Replica {
  readonly name: string;
  readonly operator: OperatorProcess;
  readonly proxy: FaultProxy;
}

export interface Cluster {
  readonly server: KubeApiserver;
  readonly nats: NatsServer;
  /** Ours, past every proxy. */
  readonly kube: Kube;
  readonly namespace: string;
  /** Lives from the beginning to the end, so that it shows whether anything grows. */
  readonly survivor: Replica;
  /** Is killed, and asked to end. */
  readonly mortal: Replica;
  close(): Promise<void>;
}

const NAMESPACE = 'soak';
const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};

/** Starts an API server, a nats-server and two replicas of the operator, bundled as in the image. */
export async function startCluster(): Promise<Cluster> {
  const server = await startKubeApiserver();
  const closing: (() => Promise<unknown>)[] = [() => server.close()];
  const close = async () => {
    for (const one of closing.toReversed()) await one();
  };
  try {
    const nats = await startNatsServer();
    closing.push(() => nats.close());
    const connection = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
    const kube = createKube({ connection, fieldManager: 'soak', userAgent: 'soak', random: Math.random });
    closing.push(async () => kube.close());
    await prepare(kube);
    const folder = temporaryFolder('soak');
    await bundle(folder);
    const start = async (name: string): Promise<Replica> => {
      const proxy = await FaultProxy.open(server.url);
      closing.push(() => proxy.close());
      const kubeconfig = await kubeconfigBy(server, { proxy, file: join(folder, `${name}.kubeconfig`) });
      const program = join(folder, ENTRY_POINTS.operator);
      const operator = await startOperatorProcess(kubeconfig, { program, env: { NATS_URL: nats.url } });
      closing.push(() => operator.child.close('SIGKILL'));
      return { name, operator, proxy };
    };
    return { server, nats, kube, namespace: NAMESPACE, survivor: await start('a'), mortal: await start('b'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The CRD takes every spec, so that the operator has something to refuse. */
async function prepare(kube: Kube): Promise<void> {
  const how = { signal: AbortSignal.timeout(60_000) };
  const crd = intercomWebhookCrd();
  const versions = crd.spec.versions.map((version) => {
    const { properties, ...schema } = version.schema.openAPIV3Schema;
    const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    return { ...version, schema: { openAPIV3Schema: { ...schema, properties: { ...properties, spec } } } };
  });
  await kube.apply(CRDS, { ...crd, spec: { ...crd.spec, versions } }, how);
  await kube.create(NAMESPACES, { metadata: { name: NAMESPACE } }, how);
  await until(() => kube.pages(INTERCOM_WEBHOOKS, {}, how).next(), { describe: 'IntercomWebhooks to be served' });
}

async function kubeconfigBy(
  { ca, token }: KubeApiserver,
  { proxy, file }: { proxy: FaultProxy; file: string },
): Promise<string> {
  const server = `https://127.0.0.1:${new URL(proxy.url).port}`;
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    'current-context': 'soak',
    clusters: [{ name: 'soak', cluster }],
    users: [{ name: 'soak', user: { token } }],
    contexts: [{ name: 'soak', context: { cluster: 'soak', user: 'soak', namespace: NAMESPACE } }],
  };
  // YAML contains JSON.
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
