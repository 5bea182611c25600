import { join } from 'node:path';
import * as z from 'zod';
import { bundle } from '#cli/local/bundle.ts';
import type { Connection } from '#operator/kube/connection.ts';
import { createKube, type Kube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { createTransport, readBody } from '#operator/kube/transport.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { installCrd, operatorAccount } from '#test/support/operator.ts';
import { type OperatorProcess, startOperatorProcess } from '#test/support/operator-process.ts';
import { type Counts, countsOf } from './counters.ts';
import { OPERATOR_NODE_OPTIONS } from './operator-node-options.ts';
import { cpuSecondsOf } from './process-cost.ts';

/** A kube-apiserver, perhaps a nats-server, and one operator, bundled as in the image, with the roles that it ships with. */
export interface Scene {
  /** The admin's. */
  readonly kube: Kube;
  readonly operator: OperatorProcess;
  /** What the API server has answered: `APPLY configmaps`, `APPLY intercomwebhooks status`. */
  readonly requests: () => Promise<Counts>;
  /** What the operator has called: `apply configmaps`. */
  readonly calls: () => Promise<Counts>;
  /** Seconds of CPU that each process has taken so far, the bench itself included. */
  readonly cpuSeconds: () => Promise<Counts>;
  /** Requests to the API of JetStream. */
  readonly jetStreamCalls: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** So that what is measured as idle has a look at everything in it: ten times as often as by default. */
const RESYNC_MS = 60_000;
const MAX_METRICS_BYTES = 64 * 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;
const Jsz = z.object({ api: z.object({ total: z.int() }) });

export interface SceneOptions {
  readonly hasNats: boolean;
  /** A program and settings in the place of the bundle and its own. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startScene({ hasNats, program, env = {} }: SceneOptions): Promise<Scene> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closing.toReversed()) await one();
  };
  try {
    const server = await startKubeApiserver();
    closing.push(server.close);
    const nats = hasNats ? await startNatsServer() : null;
    if (nats !== null) {
      closing.push(nats.close);
      // It would write down all that it knows first.
      closing.push(nats.kill);
    }
    const connection = await kubeconfigConnection({ file: server.kubeconfig, now: () => performance.now() });
    const kube = createKube({ connection, fieldManager: 'bench', userAgent: 'bench', random: Math.random });
    closing.push(async () => kube.close());
    await installCrd(kube);
    const folder = temporaryFolder('bench-operator');
    await bundle(folder);
    const { kubeconfig } = await operatorAccount(server, kube);
    const operator = await startOperatorProcess(kubeconfig, {
      program: program ?? join(folder, ENTRY_POINTS.operator),
      env: {
        NODE_OPTIONS: OPERATOR_NODE_OPTIONS.join(' '),
        RESYNC_MS: String(RESYNC_MS),
        ...(nats === null ? {} : { NATS_URL: nats.url }),
        ...env,
      },
    });
    closing.push(() => operator.child.close());
    return {
      kube,
      operator,
      requests: async () =>
        countsOf(await metricsOf(connection), 'apiserver_request_total', ['verb', 'resource', 'subresource']),
      calls: async () =>
        countsOf((await operator.ask('/metrics')).text, 'intercom_operator_kube_call_seconds_count', [
          'verb',
          'resource',
        ]),
      cpuSeconds: async () => {
        const [apiserver = 0, etcd = 0] = server.pids;
        const pids = { operator: operator.child.pid, apiserver, etcd, ...(nats === null ? {} : { nats: nats.pid }) };
        const all = Object.entries({ ...pids, bench: process.pid });
        return new Map(await Promise.all(all.map(async ([name, pid]) => [name, await cpuSecondsOf(pid)] as const)));
      },
      jetStreamCalls: async () => {
        if (nats === null) return 0;
        const response = await fetch(`${nats.monitorUrl}/jsz`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
        return Jsz.parse(await response.json()).api.total;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of the API server. */
async function metricsOf(connection: Connection): Promise<string> {
  const transport = createTransport(connection, 'bench');
  try {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return String(await readBody(await transport.send({ method: 'GET', path: '/metrics' }, signal), MAX_METRICS_BYTES));
  } finally {
    transport.close();
  }
}
