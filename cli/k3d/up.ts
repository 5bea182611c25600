import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, execute } from '#cli/programs/execute.ts';
import { withProgress } from '#cli/programs/progress.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { bringUp, doingWith, importImage } from './cluster.ts';
import { dockerComplaint } from './docker.ts';
import * as steps from './steps.ts';

const CHART = fileURLToPath(new URL('../../charts/intercom-operator', import.meta.url));
const IMAGE = fileURLToPath(new URL('../../scripts/image/main.ts', import.meta.url));

const IMAGE_MS = 180_000;
const INSTALL_MS = 300_000;
/** By which helm keeps its own deadline, and says what it waited for. */
const MARGIN_MS = 10_000;

const note = (line: string): void => void process.stderr.write(`· ${line}\n`);

export interface How {
  readonly env: Env;
  readonly signal: AbortSignal;
}

/**
 * Makes the cluster where it is not there, and brings image and chart to what this folder holds.
 * @throws Error that says what to do where Docker does not answer; before anything is made
 */
export async function up({ name, folder }: { name: string; folder: string }, how: How): Promise<void> {
  const complaint = await dockerComplaint(how);
  if (complaint !== null) throw new Error(steps.withoutDocker(complaint));
  const { path: k3d } = await resolveProgram('k3d', { ...how, onProgress: note });
  const { path: helm } = await resolveProgram('helm', { ...how, onProgress: note });
  const place = { name, folder: resolve(folder) };
  const doing = doingWith(how, note);
  await bringUp(k3d, place, doing);
  const [root, archive] = [steps.rootOf(place), steps.archiveOf(place)];
  await rm(root, { recursive: true, force: true });
  await doing('assembling the image', IMAGE_MS, process.execPath, [IMAGE, '--out', root, '--tar', archive]);
  await importImage(k3d, place, doing);
  await install(helm, place, how);
  process.stdout.write(`\n${steps.nextSteps(place)}\n`);
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
