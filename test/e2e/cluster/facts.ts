import { inject } from 'vitest';
import { execute } from '#cli/programs/execute.ts';

/** What is one on a node of this machine and another on k3d; every value can be sent to a test's process. */
interface Reach {
  /** Of an administrator. */
  readonly kubeconfig: string;
  /** Where node ports are. */
  readonly nodeAddress: string;
  /** Where pods reach what listens on this machine. */
  readonly machineAddress: string;
  /** A command and its first arguments that speak to the node's containerd. */
  readonly ctr: readonly [string, ...string[]];
  /** Whether this machine reaches a Service by its address. */
  readonly hasRoutesToServices: boolean;
  /** What a pod meets where a NetworkPolicy holds it back: no answer, or a refusal. */
  readonly heldBack: 'shut' | 'ECONNREFUSED';
}

export interface StartedCluster extends Reach {
  /** Ends it and removes everything of it. */
  readonly stop: () => Promise<void>;
}

/** Of the cluster that `setup.ts` starts for the whole run. */
export interface ClusterFacts extends Reach {
  /** Paths of the programs. */
  readonly helm: string;
  readonly kubectl: string;
  /** Our image, as the chart names it, and the same under another tag. */
  readonly image: { readonly repository: string; readonly tag: string; readonly nextTag: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterFacts;
  }
}

export const cluster = (): ClusterFacts => inject('cluster');

const LIMIT_MS = 180_000;

const run = (program: 'helm' | 'kubectl', args: readonly string[]): Promise<string> => {
  const facts = cluster();
  // Nothing of this machine's own helm and kubectl is read.
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: facts.kubeconfig };
  return execute(facts[program], args, { env, timeoutMs: LIMIT_MS });
};

/** @throws Error with what it said */
export const helm = (...args: readonly string[]): Promise<string> => run('helm', args);
export const kubectl = (...args: readonly string[]): Promise<string> => run('kubectl', args);
