import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { bundle } from '#cli/local/bundle.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { NAMESPACES } from '#operator/kube/resource.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { installCrd } from '#test/support/operator.ts';
import { type OperatorProcess, startOperatorProcess } from '#test/support/operator-process.ts';

/** An API server, a nats-server and two replicas of the operator, bundled as in the image. */
export interface Installation {
  /** Ours, not the operator's. */
  readonly kube: Kube;
  readonly nats: NatsServer;
  readonly operators: readonly [OperatorProcess, OperatorProcess];
  /** A connection of ours to NATS, for as long as the work takes. */
  readonly withNats: <T>(work: (connection: NatsConnection) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

export const NAMESPACE = 'soak';
/** What the replicas are told, and so what they render by. */
export const IMAGE = 'registry.example/intercom-webhook-operator:0.0.0';
export const SHARED_BYTES = 64 * 1024 * 1024;

export async function startInstallation(): Promise<Installation> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closing.toReversed()) await one();
  };
  try {
    const server = await startKubeApiserver();
    closing.push(server.close);
    const nats = await startNatsServer();
    closing.push(nats.close);
    const connection = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
    const kube = createKube({ connection, fieldManager: 'soak', userAgent: 'soak', random: Math.random });
    closing.push(async () => kube.close());
    await installCrd(kube);
    await kube.create(NAMESPACES, { metadata: { name: NAMESPACE } }, { signal: AbortSignal.timeout(30_000) });
    const folder = temporaryFolder('soak-operator');
    await bundle(folder);
    const start = async () => {
      const operator = await startOperatorProcess(server.kubeconfig, {
        program: join(folder, ENTRY_POINTS.operator),
        env: { NATS_URL: nats.url, IMAGE, SHARED_STREAM_BYTES: String(SHARED_BYTES) },
      });
      closing.push(() => operator.child.close('SIGKILL'));
      return operator;
    };
    const withNats: Installation['withNats'] = async (work) => {
      const to = await connect({ servers: nats.url, timeout: 5_000 });
      try {
        return await work(to);
      } finally {
        await to.close();
      }
    };
    return { kube, nats, operators: [await start(), await start()], withNats, close };
  } catch (error) {
    await close();
    throw error;
  }
}
