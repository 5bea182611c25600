import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { dockerComplaint } from '#cli/k3d/docker.ts';
import { archiveOf, rootOf } from '#cli/k3d/steps.ts';
import { execute } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { readRelease } from '../../../scripts/image/assemble.ts';
import { defaultTag } from '../../../scripts/image/image-facts.ts';
import type { StartedCluster } from './facts.ts';
import { startOnK3d } from './k3d-cluster.ts';
import { startOnNode } from './node-cluster.ts';
import { chooseWay, WAY_VARIABLE, type Way } from './way.ts';

const IMAGE = fileURLToPath(new URL('../../../scripts/image/main.ts', import.meta.url));
const ASSEMBLE_TIMEOUT_MS = 180_000;
const TAG_TIMEOUT_MS = 30_000;

const note = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * Starts one cluster with our image on it, for every test of the project, and ends it after them.
 * @returns what ends it
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const env = process.env;
  const way = await chooseWay(env[WAY_VARIABLE], () => dockerComplaint({ env }));
  note(`on ${way === 'k3d' ? 'k3d' : 'a node of this machine'}; ${WAY_VARIABLE} chooses`);
  const { path: helm } = await resolveProgram('helm', { env, onProgress: note });
  const { path: kubectl } = await resolveProgram('kubectl', { env, onProgress: note });
  const folder = temporaryFolder('image');
  note('assembling the image');
  const unneeded = new AbortController();
  const assembled = execute(process.execPath, [IMAGE, '--out', rootOf({ folder }), '--tar', archiveOf({ folder })], {
    env,
    timeoutMs: ASSEMBLE_TIMEOUT_MS,
    signal: unneeded.signal,
  });
  // It fails when it is awaited, not before.
  assembled.catch(() => undefined);
  const { stop, ...reach } = await start(way, folder, assembled).catch((error: unknown) => {
    unneeded.abort(error);
    throw error;
  });
  const end = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  const image = await namedImage(reach).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  // Only what k3d writes is needed beside the cluster itself.
  await rm(rootOf({ folder }), { recursive: true });
  await rm(archiveOf({ folder }));
  project.provide('cluster', { ...reach, helm, kubectl, image });
  return end;
}

/** @param assembled when the image is in the folder */
async function start(way: Way, folder: string, assembled: Promise<unknown>): Promise<StartedCluster> {
  switch (way) {
    case 'k3d':
      await assembled;
      return startOnK3d(folder, process.env, note);
    case 'node':
      return startOnNode(
        assembled.then(() => archiveOf({ folder })),
        note,
      );
  }
}

/** Gives our image its second tag, which is what an upgrade goes to. */
async function namedImage({ ctr: [ctr, ...first] }: Pick<StartedCluster, 'ctr'>) {
  const reference = defaultTag(await readRelease());
  const at = reference.lastIndexOf(':');
  const [repository, tag] = [reference.slice(0, at), reference.slice(at + 1)];
  const nextTag = `${tag}-next`;
  // As a node completes a name without a registry.
  const names = [tag, nextTag].map((each) => `docker.io/library/${repository}:${each}`);
  await execute(ctr, [...first, '--namespace', 'k8s.io', 'images', 'tag', ...names], {
    env: process.env,
    timeoutMs: TAG_TIMEOUT_MS,
  });
  return { repository, tag, nextTag };
}
