import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VARIABLE = 'NODE_COMPILE_CACHE';

/**
 * Lets the programs that tests start from our sources share what Node has made of them: the same code, in half the CPU.
 * It is of this run alone, and only what inherits the environment of the tests uses it.
 * @returns what removes it
 */
export async function setup(): Promise<() => Promise<void>> {
  // Several projects ask for it; the first one to do so has it, and ends after all tests.
  if (process.env[VARIABLE] !== undefined) return async () => undefined;
  const folder = await mkdtemp(join(tmpdir(), 'compiled-'));
  process.env[VARIABLE] = folder;
  return () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
