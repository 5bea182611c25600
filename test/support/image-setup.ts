import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundle } from '#cli/local/bundle.ts';

/**
 * Bundles our image once, for every process that the tests of a project start.
 * @returns what removes it
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const imageDir = await mkdtemp(join(tmpdir(), 'image-'));
  await bundle(imageDir);
  project.provide('imageDir', imageDir);
  return () => rm(imageDir, { recursive: true });
}
