import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, execute } from '#cli/programs/execute.ts';
import { withProgress } from '#cli/programs/progress.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import * as steps from './steps.ts';

const CHART = fileURLToPath(new URL('../../charts/intercom-operator', import.meta.url));
const IMAGE = fileURLToPath(new URL('../../scripts/image/main.ts', import.meta.url));

const QUICK_MS = 30_000;
/** With pulling what it needs, over a slow connection. */
const CLUSTER_MS = 300_000;
const IMAGE_MS = 180_000;
const INSTALL_MS = 300_000;
/** By which what is called keeps its own deadline, and says what it waited for. */
const MARGIN_MS = 10_000;

const note = (line: string): void => void process.stderr.write(`· ${line}\n`);

export interface How {
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Runs a program that takes a while. */
type Doing = (label: string, timeoutMs: number, file: string, args: readonly string[]) => Promise<string>;

/**
 * Makes the cluster where it is not there, and brings image and chart to what this folder holds.
 * @throws Error that says what to do where Docker does not answer; before anything is made
 */
export async function up({ name, folder }: { name: string; folder: string }, how: How): Promise<void> {
  const { env, signal } = how;
  const doing: Doing = (label, timeoutMs, file, args) => {
    note(label);
    return withProgress(label, note, () => execute(file, args, { env, signal, timeoutMs }));
  };
  await execute('docker', ['info'], { env, signal, timeoutMs: QUICK_MS }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new Error(steps.withoutDocker(error instanceof Error ? error.message : String(error)), { cause: error });
  });
  const { path: k3d } = await resolveProgram('k3d', { env, signal, onProgress: note });
  const { path: helm } = await resolveProgram('helm', { env, signal, onProgress: note });
  const place = { name, folder: resolve(folder) };
  await bringUp(k3d, place, doing);
  await loadImage(k3d, place, doing);
  await install(helm, place, how);
  process.stdout.write(`\n${steps.nextSteps(place)}\n`);
}

async function bringUp(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  const listed = await doing('looking for the cluster', QUICK_MS, k3d, ['cluster', 'list', '--output', 'json']);
  const isThere = steps.isListed(listed, place.name);
  const args = isThere ? steps.startArgs(place, CLUSTER_MS) : steps.createArgs(place, CLUSTER_MS);
  const label = `${isThere ? 'starting' : 'creating'} the cluster ${place.name}`;
  await doing(label, CLUSTER_MS + MARGIN_MS, k3d, args);
  const kubeconfig = await doing('reading its kubeconfig', QUICK_MS, k3d, steps.kubeconfigArgs(place));
  const file = steps.kubeconfigOf(place);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, kubeconfig, { mode: 0o600 });
}

async function loadImage(k3d: string, place: steps.Place, doing: Doing): Promise<void> {
  const [root, archive] = [steps.rootOf(place), steps.archiveOf(place)];
  await rm(root, { recursive: true, force: true });
  await doing('assembling the image', IMAGE_MS, process.execPath, [IMAGE, '--out', root, '--tar', archive]);
  await doing('importing the image', IMAGE_MS, k3d, steps.importArgs(place));
}

async function install(helm: string, place: steps.Place, { env, signal }: How): Promise<void> {
  note('installing the chart');
  await withProgress('waiting for the operator and NATS', note, () =>
    execute(helm, steps.installArgs(CHART, INSTALL_MS), {
      env: { ...env, KUBECONFIG: steps.kubeconfigOf(place) },
      signal,
      timeoutMs: INSTALL_MS + MARGIN_MS,
    }),
  );
}
