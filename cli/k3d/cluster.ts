import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Env, execute } from '#cli/programs/execute.ts';
import { withProgress } from '#cli/programs/progress.ts';
import * as steps from './steps.ts';

/** What is done to a k3d cluster, whoever wants it. */

const QUICK_MS = 30_000;
/** With pulling what it needs, over a slow connection. */
const CLUSTER_MS = 300_000;
const IMPORT_MS = 180_000;
/** By which k3d keeps its own deadline, and says what it waited for. */
const MARGIN_MS = 10_000;

/** Runs a program that takes a while. */
export type Doing = (label: string, timeoutMs: number, file: string, args: readonly string[]) => Promise<string>;

/** One that says what it does, and that it goes on. */
export const doingWith =
  (how: { readonly env: Env; readonly signal?: AbortSignal }, note: (line: string) => void): Doing =>
  (label, timeoutMs, file, args) => {
    note(label);
    return withProgress(label, note, () => execute(file, args, { ...how, timeoutMs }));
  };

/** Makes it where it is not there, starts it where it is, and writes its kubeconfig. */
export async function bringUp(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  if (await isThere(k3d, place, doing)) {
    const label = `starting the cluster ${place.name}`;
    await doing(label, CLUSTER_MS + MARGIN_MS, k3d, steps.startArgs(place, CLUSTER_MS));
  } else {
    await create(k3d, place, doing, []);
  }
  await writeKubeconfig(k3d, place, doing);
}

/** Makes it anew: what an earlier one of its name has left is removed first. @param without of {@link steps.createArgs} */
export async function bringUpAnew(
  k3d: string,
  place: steps.Place,
  doing: Doing,
  without: readonly string[],
): Promise<void> {
  if (await isThere(k3d, place, doing)) await remove(k3d, place, doing);
  await create(k3d, place, doing, without);
  await writeKubeconfig(k3d, place, doing);
}

export async function remove(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  await doing(`deleting the cluster ${place.name}`, CLUSTER_MS, k3d, steps.deleteArgs(place));
  await rm(steps.kubeconfigOf(place), { force: true });
}

/** Gives its nodes the images of the archive. */
export async function importImage(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  await doing('importing the image', IMPORT_MS, k3d, steps.importArgs(place));
}

async function isThere(k3d: string, { name }: steps.Place, doing: Doing): Promise<boolean> {
  const listed = await doing('looking for the cluster', QUICK_MS, k3d, ['cluster', 'list', '--output', 'json']);
  return steps.isListed(listed, name);
}

async function create(k3d: string, place: steps.Place, doing: Doing, without: readonly string[]): Promise<void> {
  const args = steps.createArgs(place, CLUSTER_MS, without);
  await doing(`creating the cluster ${place.name}`, CLUSTER_MS + MARGIN_MS, k3d, args);
}

async function writeKubeconfig(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  const kubeconfig = await doing('reading its kubeconfig', QUICK_MS, k3d, steps.kubeconfigArgs(place));
  const file = steps.kubeconfigOf(place);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, kubeconfig, { mode: 0o600 });
}
