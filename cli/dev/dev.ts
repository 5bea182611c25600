import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { natsServers } from '#cli/local/infrastructure.ts';
import { Installation, type InstallationEvents } from '#cli/local/installation.ts';
import { withProgress } from '#cli/programs/progress.ts';
import { install } from './install.ts';
import { operatorPod } from './operator-pod.ts';
import { restartOnChange } from './restart-on-change.ts';
import { apiserver, etcdServer } from './servers.ts';

export interface DevOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly events: InstallationEvents;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Dev {
  /** A file, for kubectl; of somebody who may do everything. */
  readonly kubeconfig: string;
  /** Starts the operator again whenever its sources change, until the signal fires. */
  followSources(): Promise<void>;
  /** Ends all processes and removes all files. */
  stop(): Promise<void>;
}

/** kube-apiserver takes 5 s of a machine that has nothing else to do. */
const START_TIMEOUT_MS = 120_000;

const SOURCES = ['operator', 'services/shared'].map((folder) =>
  fileURLToPath(new URL(`../../${folder}`, import.meta.url)),
);

/**
 * An operator from its sources, and what it needs: a kube-apiserver with the CRD and the roles that are shipped, and a
 * nats-server. What ends by itself is started again.
 * @throws Error that names the step and what to do; nothing is left running then
 */
export async function startDev(options: DevOptions): Promise<Dev> {
  const { env, onProgress } = options;
  const stateDir = await mkdtemp(join(tmpdir(), 'intercom-operator-dev-'));
  const installation = new Installation(options.events);
  // It holds tokens: also an end that is not orderly removes it.
  const removeNow = () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', removeNow);
  const stop = async () => {
    await installation.stop();
    await rm(stateDir, { recursive: true, force: true });
    process.off('exit', removeNow);
  };
  try {
    const facts = { stateDir, env, onProgress };
    const nats = await natsServers({ ...facts, servers: 1, syncAlways: false });
    const etcd = await etcdServer(facts);
    const api = await apiserver(facts, etcd.url);
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
    const signal = AbortSignal.any([options.signal, timeout]);
    const kubeconfig = join(stateDir, 'kubeconfig');
    const operatorKubeconfig = join(stateDir, 'operator-kubeconfig');
    const start = async () => {
      await installation.startPods([etcd.pod, api.pod, ...nats.map(({ pod }) => pod)], signal);
      const { admin, operator } = api.kubeconfigs();
      await writeFile(kubeconfig, admin, { mode: 0o600 });
      await writeFile(operatorKubeconfig, operator, { mode: 0o600 });
      await install(kubeconfig, signal);
      const natsUrls = nats.map(({ url }) => url);
      const [pod] = await installation.startPods(
        [await operatorPod({ kubeconfig: operatorKubeconfig, natsUrls, env })],
        signal,
      );
      await installation.untilReady(signal);
      return pod;
    };
    onProgress('starting etcd, kube-apiserver, nats-server and the operator');
    const operator = await withProgress('starting', onProgress, start).catch((error: unknown) => {
      if (!timeout.aborted) throw error;
      const message = `not up after ${START_TIMEOUT_MS / 1000} s: see why with --verbose`;
      throw new Error(message, { cause: error });
    });
    return {
      kubeconfig,
      followSources: async () => {
        if (operator !== undefined) {
          await restartOnChange(operator, { folders: SOURCES, onProgress, signal: options.signal });
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
