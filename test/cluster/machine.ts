import { readdirSync, readFileSync } from 'node:fs';
import { access, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '#cli/programs/execute.ts';
import { until } from '#test/support/until.ts';
import { insideOf, type Place } from './place.ts';
import { systemPath } from './requirements.ts';

/** What of a cluster is on the machine itself: processes, one end of a wire, control groups, a folder. */

export const NODE_SCRIPT = fileURLToPath(new URL('node.sh', import.meta.url));
const CONTROL_GROUPS = '/sys/fs/cgroup';
const IP_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 20_000;

/** As it ends wherever the project is checked out: a cluster may be left by another copy of it. */
const SCRIPT_END = '/test/cluster/node.sh';

/** Every process that was started for the cluster's node, by what its command line says: the script and the name. */
export function processesOf(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const line = commandLine(pid);
      const at = line.findIndex((part) => part.endsWith(SCRIPT_END));
      return at !== -1 && line[at + 1] === name;
    })
    .map(Number);
}

/** Empty where the process has just ended. */
function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Joins the machine with the network namespace of a process, which gets a device `eth0`. */
export async function layWire({ device, machineAddress }: Place, pid: number): Promise<void> {
  await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  await ip('address', 'add', `${machineAddress}/30`, 'dev', device);
  await ip('link', 'set', device, 'up');
}

/** From when on the machine reaches pods and Services. The routes go with the wire. */
export async function layRoutes({ device, nodeAddress, pods, services }: Place): Promise<void> {
  for (const range of [pods, services]) await ip('route', 'add', range, 'via', nodeAddress, 'dev', device);
}

/** One tree in version 2 of control groups, one for each controller in version 1. */
export async function makeControlGroups({ device }: Place): Promise<void> {
  for (const tree of await controlTrees()) await mkdir(join(tree, device), { recursive: true });
}

/** Ends and removes everything that there is of a cluster, whatever state it is in; but for its logs, where they are kept. */
export async function removeCluster(place: Place, { isLogKept = false } = {}): Promise<void> {
  // Without its first process the kernel ends the whole namespace: no container, mount or wire survives.
  for (const pid of processesOf(place.name)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  await until(() => processesOf(place.name).length === 0, {
    describe: `the node ${place.name} to end`,
    timeoutMs: END_TIMEOUT_MS,
  });
  await removeWire(place.device);
  for (const tree of await controlTrees()) await removeControlGroup(join(tree, place.device));
  const { logs, keptLogs } = insideOf(place);
  await rm(keptLogs, { recursive: true, force: true });
  if (isLogKept) await rename(logs, keptLogs).catch(() => {});
  await rm(place.folder, { recursive: true, force: true });
}

async function removeWire(device: string): Promise<void> {
  const isThere = () =>
    access(join('/sys/class/net', device)).then(
      () => true,
      () => false,
    );
  if (!(await isThere())) return;
  try {
    await ip('link', 'delete', 'dev', device, 'type', 'veth');
  } catch (error) {
    // The kernel removes it with the other end, at a time of its own.
    if (await isThere()) throw error;
  }
}

async function controlTrees(): Promise<string[]> {
  const isUnified = await access(join(CONTROL_GROUPS, 'cgroup.controllers')).then(
    () => true,
    () => false,
  );
  if (isUnified) return [CONTROL_GROUPS];
  const entries = await readdir(CONTROL_GROUPS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(CONTROL_GROUPS, name));
}

/** Its files are the kernel's; only folders can be removed, the deepest first, once their processes have gone. */
async function removeControlGroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
  if (entries === null) return;
  for (const entry of entries) if (entry.isDirectory()) await removeControlGroup(join(folder, entry.name));
  const isRemoved = () =>
    rmdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || Promise.reject(error),
    );
  await until(isRemoved, { describe: `${folder} to be removed`, timeoutMs: END_TIMEOUT_MS });
}

const ip = (...args: string[]): Promise<string> =>
  execute('ip', args, {
    env: { ...process.env, PATH: systemPath(process.env['PATH'] ?? '') },
    timeoutMs: IP_TIMEOUT_MS,
  });
