import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names and addresses of one cluster. Two with different names and blocks do not meet. */
export interface Place {
  /** Of the cluster, its node and its context. */
  readonly name: string;
  /** What is named after the cluster on the machine itself: one end of a wire, and a control group. */
  readonly device: string;
  /** Everything that the cluster writes, its socket and its keys among it. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** The machine's end of the wire: where pods reach a server of the machine. */
  readonly machineAddress: string;
  /** The node's end: its API server and the NodePorts. */
  readonly nodeAddress: string;
  readonly pods: string;
  readonly services: string;
  /** The first address of `services`, which the API server takes for itself. */
  readonly apiAddress: string;
  readonly dnsAddress: string;
}

export const DEFAULT_NAME = 'e2e';
export const MAX_BLOCK = 7;

/** A device's name has 15 characters at most. */
const NAME = /^[a-z][a-z0-9]{0,10}$/;

/**
 * @param block counts the clusters that are up at the same time, from 0
 * @throws RangeError where a name or block cannot be one
 */
export function placeOf(name: string, block = 0): Place {
  if (!NAME.test(name)) {
    throw new RangeError(
      `the cluster's name is ${JSON.stringify(name)}; give a letter and up to 10 letters and digits`,
    );
  }
  if (!Number.isInteger(block) || block < 0 || block > MAX_BLOCK) {
    throw new RangeError(`the cluster's block of addresses is ${block}; give a number from 0 to ${MAX_BLOCK}`);
  }
  const folder = join(tmpdir(), `intercom-cluster-${name}`);
  const services = `10.${96 + block}`;
  return {
    name,
    device: `icw-${name}`,
    folder,
    kubeconfig: join(folder, 'admin.kubeconfig'),
    machineAddress: `172.30.${block}.1`,
    nodeAddress: `172.30.${block}.2`,
    pods: `10.${244 + block}.0.0/16`,
    services: `${services}.0.0/16`,
    apiAddress: `${services}.0.1`,
    dnsAddress: `${services}.0.10`,
  };
}

/** Where the programs of a cluster write, and where they and we meet. */
export const insideOf = ({ folder }: Pick<Place, 'folder'>) => ({
  keys: join(folder, 'keys'),
  logs: join(folder, 'log'),
  /** Where they go when a start fails, until the next. */
  keptLogs: `${folder}-failed`,
  /** A file for each program: its arguments, each ended by a NUL. */
  commands: join(folder, 'commands'),
  networks: join(folder, 'cni'),
  containerdSocket: join(folder, 'containerd.sock'),
  containerdConfig: join(folder, 'containerd.toml'),
  kubeletConfig: join(folder, 'kubelet.yaml'),
  addons: join(folder, 'addons.yaml'),
});
