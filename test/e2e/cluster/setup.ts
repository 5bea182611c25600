import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { execute } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { startCluster } from '#test/cluster/cluster.ts';
import { insideOf, placeOf } from '#test/cluster/place.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { readRelease } from '../../../scripts/image/assemble.ts';
import { defaultTag } from '../../../scripts/image/image-facts.ts';

const IMAGE = fileURLToPath(new URL('../../../scripts/image/main.ts', import.meta.url));
const NAME = 'e2e';
const ASSEMBLE_TIMEOUT_MS = 180_000;

const note = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * Starts one node with our image on it, for every test of the project, and ends it after them.
 * @returns what ends it
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const env = process.env;
  const { path: helm } = await resolveProgram('helm', { env, onProgress: note });
  const { path: kubectl } = await resolveProgram('kubectl', { env, onProgress: note });
  const { path: ctr } = await resolveProgram('ctr', { env, onProgress: note });
  const folder = temporaryFolder('image');
  note('assembling the image');
  const reference = defaultTag(await readRelease());
  const at = reference.lastIndexOf(':');
  const [repository, tag] = [reference.slice(0, at), reference.slice(at + 1)];
  const nextTag = `${tag}-next`;
  const tar = join(folder, 'image.tar');
  await execute(process.execPath, [IMAGE, '--out', join(folder, 'root'), '--tar', tar], {
    env,
    timeoutMs: ASSEMBLE_TIMEOUT_MS,
  });
  const cluster = await startCluster({ name: NAME, images: [tar], onProgress: note });
  note(`a node is ready after ${(cluster.startedMs / 1000).toFixed(1)} s; what its programs say is in ${cluster.logs}`);
  await rm(folder, { recursive: true });
  const socket = insideOf(placeOf(NAME)).containerdSocket;
  const command = [ctr, '--address', socket] as const;
  // As a node completes a name without a registry.
  const names = [tag, nextTag].map((each) => `docker.io/library/${repository}:${each}`);
  await execute(ctr, ['--address', socket, '--namespace', 'k8s.io', 'images', 'tag', ...names], {
    env,
    timeoutMs: 30_000,
  }).catch(async (error: unknown) => {
    await cluster.stop();
    throw error;
  });
  project.provide('cluster', {
    name: NAME,
    kubeconfig: cluster.kubeconfig,
    nodeAddress: cluster.nodeAddress,
    machineAddress: cluster.machineAddress,
    helm,
    kubectl,
    ctr: command,
    image: { repository, tag, nextTag },
  });
  return () => cluster.stop();
}
